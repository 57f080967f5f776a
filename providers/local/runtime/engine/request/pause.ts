/**
 * The image of the sandbox: one static program that sleeps for ever, made here byte by byte, so that a node needs no
 * registry to hold a pod's network. It runs as process 1 of its own process namespace, where signals without a
 * handler do nothing: only SIGKILL ends it, which is what we send. Pure.
 */
import { packTar } from "../api/tar.ts";

/** An endless loop around a system call that waits for a signal. */
const programs = {
  // mov eax, 34 (pause); syscall; jmp back
  amd64: { machine: 62, code: "b8220000000f05ebf7" },
  // x0…x4 = 0; mov x8, 73 (ppoll, as arm64 has no pause); svc 0; b back
  arm64: { machine: 183, code: "000080d2010080d2020080d2030080d2040080d2280980d2010000d4f9ffff17" },
} as const;

export type Architecture = keyof typeof programs;

export function isArchitecture(name: string): name is Architecture {
  return Object.hasOwn(programs, name);
}

/** `localhost/` is never pulled from anywhere. The tag changes with the program. */
export function pauseImage(architecture: Architecture): string {
  return `localhost/burstlet-pause:1-${architecture}`;
}

export const pauseCommand = "/pause";

/** The image's root file system. */
export function pauseRootfs(architecture: Architecture): Buffer {
  return packTar([{ path: "pause", type: "file", mode: 0o755, content: elf(architecture) }]);
}

/** A 64-bit little-endian ELF file of one loadable segment: head (64 bytes), program head (56), code. */
function elf(architecture: Architecture): Buffer {
  const { machine, code } = programs[architecture];
  const body = Buffer.from(code, "hex");
  const base = 0x400000n;
  const start = 120;
  const file = Buffer.concat([Buffer.alloc(start), body]);
  file.write("\u007fELF\u0002\u0001\u0001", 0, "latin1");
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(machine, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(base + BigInt(start), 24);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(1, 64);
  file.writeUInt32LE(5, 68);
  file.writeBigUInt64LE(base, 80);
  file.writeBigUInt64LE(base, 88);
  file.writeBigUInt64LE(BigInt(file.length), 96);
  file.writeBigUInt64LE(BigInt(file.length), 104);
  file.writeBigUInt64LE(0x1000n, 112);
  return file;
}
