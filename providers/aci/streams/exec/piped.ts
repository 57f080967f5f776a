/** A command without a terminal, whose streams are carried between marks: see the shell's program. */
import type { Duplex } from "node:stream";
import { Writable } from "node:stream";
import { asProviderError, type Clock, type ProcessStream, ProviderError } from "../../../../src/provider.ts";
import { createOutlet } from "../outlet.ts";
import type { Mark } from "../shell/marks.ts";
import type { OpenShell } from "../shell/open-shell.ts";
import { mostInput, orders } from "../shell/programs.ts";
import { abandoned, brokenOff, closeSoon, exitCodeOf } from "../shell/ending.ts";

/**
 * `shell`: of which the mark with what it lacks has not been read yet. `signal`, or destroying stdin, kills the command: by
 * an order, behind which the connection is closed.
 */
export async function pipedProcess(
  { connection, pieces }: OpenShell,
  clock: Clock,
  signal: AbortSignal,
): Promise<ProcessStream> {
  const marks = marksOf(pieces);
  const leave = (): void => {
    connection.write(orders.kill);
    closeSoon(connection, clock);
  };
  await refuseLacking(marks, signal, leave);
  const stdout = createOutlet();
  const stderr = createOutlet();
  const input = inputOf(connection, () => left.abort(abandoned()));
  const left = new AbortController();
  const stop = (): void => left.abort(abandoned());
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => undefined);
  left.signal.addEventListener("abort", () => {
    leave();
    over.reject(left.signal.reason as Error);
  });
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();

  const read = async (): Promise<{ readonly code: number }> => {
    for await (const { said, payload } of marks) {
      if (said === "stdout") await stdout.put(Buffer.from(payload, "base64"));
      else if (said === "stderr") await stderr.put(Buffer.from(payload, "base64"));
      else if (said === "taken") input.taken();
      else if (said === "exit") return { code: exitCodeOf(payload) };
    }
    throw brokenOff();
  };
  const run = async (): Promise<{ readonly code: number }> => {
    try {
      const end = await Promise.race([read(), over.promise]);
      connection.write(orders.quit);
      return end;
    } catch (error) {
      throw left.signal.aborted ? abandoned() : asProviderError(error);
    } finally {
      signal.removeEventListener("abort", stop);
      stdout.end();
      stderr.end();
      input.over();
      closeSoon(connection, clock);
    }
  };
  const exit = run();
  exit.catch(() => undefined);
  return { stdin: input.writable, stdout: stdout.readable, stderr: stderr.readable, resize: () => undefined, exit };
}

async function* marksOf(pieces: OpenShell["pieces"]): AsyncGenerator<Mark, void> {
  for await (const piece of pieces) if ("mark" in piece) yield piece.mark;
}

async function refuseLacking(marks: AsyncGenerator<Mark, void>, signal: AbortSignal, leave: () => void): Promise<void> {
  signal.addEventListener("abort", leave, { once: true });
  try {
    const { done, value } = await marks.next();
    signal.throwIfAborted();
    if (done === true) throw brokenOff();
    const lacking = value.payload.trim();
    if (lacking === "") return;
    const sentence = `the image lacks ${lacking.split(" ").join(", ")}, by which a command without a terminal is run on Azure: try it with -it, or with an image that has them`;
    throw new ProviderError("invalid", "ToolsMissing", sentence);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

interface Input {
  readonly writable: Writable;
  /** The shell has handed over what it was sent. */
  taken(): void;
  /** Nobody reads any more: what is still written is dropped. */
  over(): void;
}

/** One piece is on its way at a time, as the shell's program asks for. */
function inputOf(connection: Duplex, destroyed: () => void): Input {
  let wake: (() => void) | undefined;
  let isOver = false;
  const send = async (bytes: Buffer): Promise<void> => {
    for (let at = 0; at < bytes.length && !isOver; at += mostInput) {
      const text = bytes.toString("base64", at, Math.min(bytes.length, at + mostInput));
      const taken = new Promise<void>((resolve) => (wake = resolve));
      connection.write(`${orders.input(text.length)}${text}`);
      await taken;
    }
  };
  const writable = new Writable({
    // A stream that has finished is not destroyed by itself: destroying means giving up.
    autoDestroy: false,
    highWaterMark: mostInput,
    writev(chunks, done) {
      const sent = send(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)));
      void sent.finally(() => done());
    },
    final(done) {
      if (!isOver) connection.write(orders.end);
      done();
    },
    destroy(_error, done) {
      if (!isOver) destroyed();
      done(null);
    },
  });
  return {
    writable,
    taken: () => wake?.(),
    over() {
      isOver = true;
      wake?.();
    },
  };
}
