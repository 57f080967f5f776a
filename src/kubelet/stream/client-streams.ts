import type { Readable, Writable } from "node:stream";

import type { Outcome } from "./outcome.ts";

/** The client's end of a remote command, whichever protocol it speaks. */
export interface ClientStreams {
  /** Ends when the client closes its half. Absent, like the others, where the client did not ask for it. */
  readonly stdin: Readable | undefined;
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  /** TerminalSizes, oldest first. */
  readonly sizes: Readable | undefined;
  /** Aborts when the client is gone before `finish`. */
  readonly gone: AbortSignal;
  /**
   * Ends the outputs, tells the outcome behind them, and closes; in this order, because clients read the outcome once
   * the outputs have ended. Resolves when all is out or the client is gone, and never rejects.
   */
  finish(outcome: Outcome): Promise<void>;
}

/** Ends a stream, and waits until everything written to it is out or it has broken. Never rejects. */
export function ended(stream: Writable | undefined, last?: string): Promise<void> {
  return new Promise((resolve) => {
    if (stream === undefined || stream.destroyed || stream.writableFinished) return resolve();
    stream
      .once("finish", resolve)
      .once("close", resolve)
      .once("error", () => resolve());
    if (stream.writableEnded) return;
    if (last === undefined || last === "") stream.end();
    else stream.end(last);
  });
}
