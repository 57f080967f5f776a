/**
 * The programs of burstlet's own image, in machine code: nothing of the kind can be taken from a pod's image, which may
 * hold one file alone. A line is one step of the program, in its own words; the numbers are Linux's system calls.
 */
import type { Architecture } from "./elf.ts";

export interface Programs {
  /**
   * An endless loop around a system call that waits for a signal. As process 1 of its own process namespace, where
   * signals without a handler do nothing, only SIGKILL ends it, which is what we send. It ignores SIGCHLD, so that
   * the kernel buries what containers that share the namespace leave behind.
   */
  readonly pause: string;
  /**
   * SIGKILL for every process of the sessions that are its decimal arguments. First for their leaders' groups, which is
   * nearly always all; then for every pid up to the kernel's highest (2^22) whose getsid is among them, twice, as a
   * process may fork on its way out: about a second.
   */
  readonly killSessions: string;
  /**
   * Connects to the port that is its argument, on 127.0.0.1 or else ::1, and joins the connection with its stdin and
   * stdout; an end of stdin ends the connection's writing side alone. One byte on stderr says that it is connected;
   * exit code 1 that nothing listens. Ends when the server does.
   */
  readonly connect: string;
  /**
   * Renames its first argument to its second, in one step for all who look; then removes the files and empty folders
   * that are its further arguments. Exit code: that of the rename (errno), 0 where a removal alone has failed.
   */
  readonly swap: string;
}

const amd64: Programs = {
  pause: code([
    ["6a006a006a006a014889e66a115f31d26a08415a6a0d580f05", "rt_sigaction (13) of SIGCHLD: ignore"],
    ["b8220000000f05ebf7", "pause (34), for ever"],
  ]),
  killSessions: code([
    ["488d5c2410488b334883c3084885f67415e864000000", "group: the next argument, or on to the scan; edx = number"],
    ["89d7f7df6a095eb83e0000000f05ebdf", "kill (62) -edx, a whole group, with 9: group"],
    ["bd020000004531e441ffc4", "scan: ebp = 2; pass: r12 = 0; pid: r12 += 1"],
    ["4489e7b87c0000000f054189c5488d5c2410", "r13 = getsid (124) of r12; rbx = the address of the first argument"],
    [
      "488b334883c3084885f67417e8260000004439ea75ea",
      "argument: the next one, or on to the next pid; another: argument",
    ],
    ["4489e76a095eb83e0000000f05", "kill r12 with 9"],
    ["410fbae41673c1ffcd75ba", "r12 below 2^22: pid; ebp -= 1: pass"],
    ["31ffb83c0000000f05", "exit (60) with 0"],
    ["31d20fb60648ffc683e83072076bd20a01c2ebeec3", "number: edx = the decimal number at rsi"],
  ]),
  connect: code([
    ["488b74241031db0fb60648ffc683e83072076bdb0a01c3ebee86fb", "ebx = the argument's number, high byte first"],
    ["6a025f4881ec4000010041be10000000b87f000001", "room for 64 KiB; AF_INET, 16 bytes of 127.0.0.1"],
    ["48c744240800000000", "the rest of the address = 0"],
    ["48c744241000000000c74424180000000089442404", "and so on"],
    ["66893c2466895c24026a015e31d2b8290000000f0589c5", "try: ebp = socket (41)"],
    ["89c74889e64489f2b82a0000000f0585c07428", "connect (42): when it succeeds, up"],
    ["4189c54183fe1c741841be1c000000", "the second time: refused"],
    ["c744240400000000c6442417016a0a5febb5", "AF_INET6, 28 bytes of ::1: try"],
    ["bf01000000eb37", "refused: exit with 1"],
    ["6a025f4889e66a015a6a01580f05", "up: write (1) a byte to stderr"],
    ["b8390000000f0585c0742541", "fork (57): in the child, child"],
    ["89c44189ed6a01415ee831000000", "copy the connection to stdout"],
    ["4489e76a095eb83e0000000f0531ff", "kill the child"],
    ["b8e70000000f05", "exit_group (231) with 0"],
    ["4531ed4189eee810000000", "child: copy stdin to the connection"],
    ["89ef6a015eb8300000000f0531ffebde", "shutdown (48) its writing side; exit with 0"],
    ["4489ef488d742408ba0000010031c00f0585c07e21", "copy: read (0) up to 64 KiB; at the end, done"],
    ["89c34c8d7c24084489f74c89fe89da6a01580f0585c07e09", "write them; when nobody takes them, done"],
    ["4901c729c375e8ebcac3", "the rest of them; copy; done: return"],
  ]),
  swap: code([
    ["488d5c2410488b3b488b7308", "rbx = the address of the first argument; rdi, rsi = the first two"],
    ["6a52580f0585c07528", "rename (82): when it fails, exit"],
    ["4883c310488b2b4883c3084885ed7416", "next: rbp = the next argument, or on to done"],
    ["4889ef6a57580f0585c074e8", "unlink (87) it: when it succeeds, next"],
    ["4889ef6a54580f05ebde", "rmdir (84) it; next"],
    ["31c0f7d889c76a3c580f05", "done: 0; exit (60) with the rename's errno"],
  ]),
};

const arm64: Programs = {
  pause: code([
    [
      "ff8300d1e00340b2e07f00a9ff7f01a9200280d2e1030091e2031faa030180d2c81080d2010000d4",
      "rt_sigaction (134), as above",
    ],
    ["000080d2010080d2020080d2030080d2040080d2280980d2010000d4f9ffff17", "ppoll (73) for nothing, for ever"],
  ]),
  killSessions: code([
    ["f6430091c18640f8e10000b41d000094", "group: the next argument, or on to the scan; x2 = number"],
    ["e00302cb210180d2281080d2010000d4f9ffff17", "kill (129) -x2, a whole group, with 9: group"],
    ["f3037fb2f4031faa94060091", "scan: x19 = 2; pass: x20 = 0; pid: x20 += 1"],
    ["e00314aa881380d2010000d4f50300aaf6430091", "x21 = getsid (156) of x20; x22 = the address of the first argument"],
    ["c18640f8010100b40d0000945f0015eb81ffff54", "argument: the next one, or on to the next pid; another: argument"],
    ["e00314aa210180d2281080d2010000d4", "kill x20 with 9"],
    ["34feb736730600f1c1fdff54", "x20 below 2^22: pid; x19 -= 1: pass"],
    ["e0031faaa80b80d2010000d4", "exit (93) with 0"],
    ["e2031faa440180d22314403863c000f163000054420c049bfcffff17c0035fd6", "number: x2 = the decimal number at x1"],
  ]),
  connect: code([
    ["e10b40f9f4031faa440180d22314403863c000f1", "x20 = the argument's number"],
    ["63000054940e049bfcffff179406c0da", "high byte first"],
    ["ff8300d1ff7f00a9ff7f01a9", "room for an address, all 0"],
    ["e0037fb2e50f80d20520a0f2f5037cb2", "AF_INET, 16 bytes of 127.0.0.1"],
    ["e0030079f4070079e50700b9e10340b2e2031faac81880d2010000d4f30300aa", "try: x19 = socket (198)"],
    ["e1030091e20315aa681980d2010000d4400100b4", "connect (203): when it succeeds, up"],
    ["f5001837f50b7eb2e5031faae60340b2", "the second time: refused"],
    ["e65f0039400180d2edffff17", "AF_INET6, 28 bytes of ::1: try"],
    ["e00340b217000014", "refused: exit with 1"],
    ["e0037fb2e1030091e20340b2e8037ab2010000d4", "up: write (64) a byte to stderr"],
    ["200280d2e1031faae2031faae3031faae4031faa881b80d2010000d4800100b4", "clone (220): in the child, child"],
    ["f60300aaf40313aaf50340b211000094", "copy the connection to stdout"],
    ["e00316aa210180d2281080d2010000d4e0031faa", "kill the child"],
    ["c80b80d2010000d4", "exit_group (94) with 0"],
    ["f4031faaf50313aa07000094", "child: copy stdin to the connection"],
    ["e00313aae10340b2481a80d2010000d4e0031faaf6ffff17", "shutdown (210) its writing side; exit with 0"],
    ["f74340d1e00314aae10317aae20370b2e81740b2010000d41f0000f1cd010054", "copy: read (63); at the end, done"],
    ["f80300aaf90317aae00315aae10319aae20318aae8037ab2010000d4", "write them"],
    ["1f0000f1ad000054", "when nobody takes them, done"],
    ["3903008b180300ebe1feff54edffff17c0035fd6", "the rest of them; copy; done: return"],
  ]),
  swap: code([
    ["600c8092e10b40f9620c8092e30f40f9", "AT_FDCWD and each of the first two arguments"],
    ["c80480d2010000d4200200b5", "renameat (38): when it fails, exit"],
    ["f4830091818640f8a10100b4", "x20 = the address of the third; next: x1 = the next argument, or on to done"],
    ["f50301aa600c8092020080d2680480d2010000d420ffffb4", "unlinkat (35) it: when it succeeds, next"],
    ["e10315aa600c8092024080d2680480d2010000d4f3ffff17", "the same with AT_REMOVEDIR; next"],
    ["000080d2e00300cba80b80d2010000d4", "done: 0; exit (93) with the rename's errno"],
  ]),
};

export const programs: Readonly<Record<Architecture, Programs>> = { amd64, arm64 };

function code(lines: readonly (readonly [hex: string, words: string])[]): string {
  return lines.map(([hex]) => hex).join("");
}
