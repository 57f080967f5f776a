/** A command on a terminal: all that comes is its output, but for the mark with the exit code. */
import type { Duplex } from "node:stream";
import { Writable } from "node:stream";
import { asProviderError, type Clock, type ProcessStream } from "../../../../src/provider.ts";
import { createOutlet } from "../outlet.ts";
import type { OpenShell } from "../shell/open-shell.ts";
import { abandoned, brokenOff, closeSoon, exitCodeOf } from "../shell/ending.ts";

/** The session of a command on a terminal, in the container: the process that leads it, whose first input is the terminal. */
export interface TerminalSession {
  readonly leader: number;
}

export interface TerminalHands {
  readonly clock: Clock;
  /** The size has changed. */
  resize(session: TerminalSession, columns: number, rows: number): void;
  /** The command is given up: what is left of its session is to be ended. */
  kill(session: TerminalSession): void;
}

const endOfInput = Buffer.from([0x04]);

export async function terminalProcess(
  { connection, pieces }: OpenShell,
  { stdin }: { readonly stdin: boolean },
  { clock, resize, kill }: TerminalHands,
  signal: AbortSignal,
): Promise<ProcessStream> {
  const session = await sessionOf(pieces, connection, signal);
  const stdout = createOutlet();
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => undefined);
  let isOver = false;
  const leave = (): void => {
    if (isOver) return;
    isOver = true;
    kill(session);
    over.reject(abandoned());
  };
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();

  const read = async (): Promise<{ readonly code: number }> => {
    for await (const piece of pieces) {
      if ("bytes" in piece) await stdout.put(piece.bytes);
      else if (piece.mark.said === "exit") return { code: exitCodeOf(piece.mark.payload) };
    }
    throw brokenOff();
  };
  const run = async (): Promise<{ readonly code: number }> => {
    try {
      return await Promise.race([read(), over.promise]);
    } catch (error) {
      throw asProviderError(error);
    } finally {
      isOver = true;
      signal.removeEventListener("abort", leave);
      stdout.end();
      closeSoon(connection, clock);
    }
  };
  const exit = run();
  exit.catch(() => undefined);
  return {
    stdin: keyboard(connection, stdin, () => isOver, leave),
    stdout: stdout.readable,
    stderr: undefined,
    resize: (columns, rows) => {
      if (!isOver && columns > 0 && rows > 0) resize(session, columns, rows);
    },
    exit,
  };
}

/** `leave`: called when it is destroyed before the end. What is typed when `isOver` is dropped. */
export function keyboard(connection: Duplex, stdin: boolean, isOver: () => boolean, leave: () => void): Writable {
  const type = (bytes: Buffer, done: () => void): void => {
    if (isOver() || !stdin || connection.destroyed || connection.writableEnded) return done();
    connection.write(bytes, () => done());
  };
  return new Writable({
    autoDestroy: false,
    write: (chunk: Buffer, _encoding, done) => type(chunk, () => done()),
    final: (done) => type(endOfInput, () => done()),
    destroy(_error, done) {
      leave();
      done(null);
    },
  });
}

/** The mark before the command's own output. */
async function sessionOf(
  pieces: OpenShell["pieces"],
  connection: Duplex,
  signal: AbortSignal,
): Promise<TerminalSession> {
  const leave = (): void => void connection.destroy();
  signal.addEventListener("abort", leave, { once: true });
  try {
    for (;;) {
      const { done, value } = await pieces.next();
      signal.throwIfAborted();
      if (done === true) throw brokenOff();
      if (!("mark" in value) || value.mark.said !== "goes") continue;
      return { leader: Number(value.mark.payload) };
    }
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
