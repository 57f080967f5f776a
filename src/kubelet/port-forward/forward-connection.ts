import type { Duplex, Writable } from "node:stream";
import { finished } from "node:stream/promises";

import { asProviderError } from "../../provider.ts";

/** The client's end of one forwarded connection. */
export interface ForwardedConnection {
  readonly port: number;
  readonly data: Duplex;
  /**
   * For a connection that could not be made, and for nothing else: at the first byte kubectl gives up the whole
   * forward with all its connections. It is ended in every case, because clients read it to its end.
   */
  readonly error: Writable;
}

/**
 * Joins one forwarded connection to the task's port, each direction with its own end and back-pressure, until both
 * have ended. What breaks one end breaks the other. Never rejects.
 */
export async function forwardConnection(
  { port, data, error }: ForwardedConnection,
  dial: (port: number, signal: AbortSignal) => Promise<Duplex>,
  signal: AbortSignal,
): Promise<void> {
  let remote: Duplex;
  try {
    remote = await dial(port, signal);
  } catch (reason) {
    error.end(`error forwarding port ${port}: ${asProviderError(reason).message}`);
    data.resume().end();
    return;
  }
  remote.on("error", () => undefined);
  if (data.destroyed) remote.destroy();
  const both = Promise.all([whole(data), whole(remote)]);
  // Whichever breaks takes the other with it; one that has ended both ways is closed already.
  data.once("close", () => void (isWhole(data) || remote.destroy()));
  remote.once("close", () => void (isWhole(remote) || data.destroy()));
  data.pipe(remote);
  remote.pipe(data);
  await both;
  if (!error.writableEnded) error.end();
}

/** Both directions have come to their end. */
function isWhole(stream: Duplex): boolean {
  return stream.readableEnded && stream.writableFinished;
}

async function whole(stream: Duplex): Promise<void> {
  await finished(stream).catch(() => undefined);
}
