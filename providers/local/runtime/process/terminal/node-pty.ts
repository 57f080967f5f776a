/**
 * Terminals by @lydell/node-pty, which is node-pty with its binaries prebuilt. Of it only the binary is used, to open a
 * pair of files: the program is started by Node, so that its exit is known for certain, nothing of its output is cut
 * off, and nothing of the pair stays open (node-pty's own `open` loses a file, its `spawn` the last output).
 */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { Writable } from "node:stream";
import { ReadStream } from "node:tty";
import { usualSize, type Clock, type TerminalSize } from "../../../../../src/provider.ts";
import { noteInheritable, spawnSealed } from "../../spawn.ts";
import type { SpawnInTerminal } from "./terminals.ts";
import { joining, ownStream, type Command, type Wired } from "./wired.ts";

/** `pty.node`, version 1.1. */
interface Binary {
  /** Two open files, and the name of the second, `/dev/pts/<n>`. */
  open(columns: number, rows: number): { readonly master: number; readonly slave: number; readonly pty: string };
  resize(master: number, columns: number, rows: number): void;
}

/** Until input is offered again to a program that does not read, milliseconds. */
const inputRetry = 10;
/** Control-D: what ends the input of who reads lines from a terminal. */
export const endOfInput: Buffer = Buffer.from([0x04]);
const maxSide = 0xffff;

/** `undefined` where there is no binary to load: musl, another processor, installed without optional dependencies. */
export function loadNodePty(): SpawnInTerminal | undefined {
  try {
    const own = createRequire(import.meta.url);
    const theirs = createRequire(own.resolve("@lydell/node-pty"));
    const binary = theirs(`@lydell/node-pty-${process.platform}-${process.arch}/pty.node`) as Binary;
    return (command, clock, size = usualSize) => spawnInPair(binary, command, size, clock);
  } catch {
    return undefined;
  }
}

function spawnInPair(binary: Binary, command: Command, size: TerminalSize, clock: Clock): Wired {
  const { env, cwd, detached } = command;
  const pair = binary.open(size.columns, size.rows);
  const { master: fd } = pair;
  const noteClosed = noteInheritable(fd);
  // That one does not block, and the program would find nothing where it has to wait.
  const slave = openSync(pair.pty, constants.O_RDWR | constants.O_NOCTTY);
  closeSync(pair.slave);
  const master = new ReadStream(fd);
  const isOpen = (): boolean => !master.destroyed;
  master.on("close", noteClosed);
  const stdout = ownStream(master);
  try {
    const child = spawnSealed(joining(command), { env, cwd, detached, stdio: [slave, slave, slave] });
    return {
      child,
      program: () => child.pid,
      stdin: inputOf(() => (isOpen() ? fd : undefined), clock),
      stdout,
      stderr: undefined,
      resize(columns, rows) {
        if (!isOpen() || columns < 1 || rows < 1) return;
        binary.resize(fd, Math.min(columns, maxSide), Math.min(rows, maxSide));
      },
      close: () => void master.destroy(),
    };
  } catch (error) {
    master.destroy();
    throw error;
  } finally {
    closeSync(slave);
  }
}

/**
 * Writes to the terminal's master past its stream: libuv takes masters for files that block, and would turn in a
 * circle, with everything of ours standing still, until the program reads. At its end it types Control-D.
 */
function inputOf(file: () => number | undefined, clock: Clock): Writable {
  const push = (bytes: Buffer, done: () => void): void => {
    const fd = file();
    if (fd === undefined) return done();
    const written = tryWrite(fd, bytes);
    if (written === undefined || written === bytes.length) return done();
    clock.after(inputRetry, () => push(bytes.subarray(written), done));
  };
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => push(chunk, () => done()),
    final: (done) => push(endOfInput, () => done()),
  });
}

/** Bytes written; `undefined` when nobody will read here any more. */
function tryWrite(fd: number, bytes: Buffer): number | undefined {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EAGAIN" ? 0 : undefined;
  }
}
