/** The image that burstlet's own containers run, made here byte by byte, so that a node needs no registry for it. Pure. */
import { packTar } from "../api/tar.ts";
import { elf, type Architecture } from "./elf.ts";

/**
 * pause: an endless loop around a system call that waits for a signal. As process 1 of its own process namespace,
 * where signals without a handler do nothing, only SIGKILL ends it, which is what we send.
 *
 * kill-sessions: for every pid up to the kernel's highest (2^22), twice, as a process may fork on its way out: when
 * getsid(pid) is one of the decimal arguments, kill(pid, SIGKILL).
 */
const programs = {
  amd64: {
    // mov eax, 34 (pause); syscall; jmp back
    pause: "b8220000000f05ebf7",
    killSessions: [
      // mov ebp, 2; pass: xor r12d, r12d; pid: inc r12d
      "bd020000004531e441ffc4",
      // getsid (124) of r12d into r13d; rbx = the address of the first argument
      "4489e7b87c0000000f054189c5488d5c2410",
      // arg: the next argument, or on to the next pid; edx = its number
      "488b334883c3084885f6742631d2",
      "0fb60648ffc683e83072076bd20a01c2ebee",
      // not this session: arg; kill (62) r12d with 9
      "4439ea75db4489e76a095eb83e0000000f05",
      // bt r12d, 22: pid; dec ebp: pass; exit (60) with 0
      "410fbae41673b2ffcd75ab31ffb83c0000000f05",
    ].join(""),
  },
  arm64: {
    // x0…x4 = 0; mov x8, 73 (ppoll, as arm64 has no pause); svc 0; b back
    pause: "000080d2010080d2020080d2030080d2040080d2280980d2010000d4f9ffff17",
    killSessions: [
      // x19 = 2; pass: x20 = 0; pid: x20 += 1
      "f3037fb2f4031faa94060091",
      // getsid (156) of x20 into x21; x22 = the address of the first argument
      "e00314aa881380d2010000d4f50300aaf6430091",
      // arg: the next argument, or on to the next pid; x2 = its number
      "c18640f8c10100b4e2031faa440180d2",
      "2314403863c000f163000054420c049bfcffff17",
      // not this session: arg; kill (129) x20 with 9
      "5f0015ebc1feff54e00314aa210180d2281080d2010000d4",
      // tbz x20, 22: pid; x19 -= 1: pass; exit (93) with 0
      "74fdb736730600f101fdff54e0031faaa80b80d2010000d4",
    ].join(""),
  },
} as const satisfies Record<Architecture, object>;

/** `localhost/` is never pulled from anywhere. The tag changes with the programs. */
export function pauseImage(architecture: Architecture): string {
  return `localhost/burstlet-pause:2-${architecture}`;
}

export const pauseCommand = "/pause";
export const killSessionsCommand = "/kill-sessions";

/** The image's root file system. */
export function pauseRootfs(architecture: Architecture): Buffer {
  const { pause, killSessions } = programs[architecture];
  const file = (path: string, code: string) =>
    ({ path, type: "file", mode: 0o755, content: elf(architecture, Buffer.from(code, "hex")) }) as const;
  return packTar([file("pause", pause), file("kill-sessions", killSessions)]);
}
