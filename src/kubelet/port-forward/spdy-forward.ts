import type { Duplex } from "node:stream";

import type { Clock, Log } from "../../provider.ts";
import { spdySession, type SpdyStream } from "../spdy/session.ts";
import { forwardConnection } from "./forward-connection.ts";
import { pairedStream } from "./pairs.ts";

/** The kubelet's streamCreationTimeout. */
const creationMs = 30_000;
const protocolError = 1;

interface Half {
  readonly data?: Duplex;
  readonly error?: Duplex;
  /** The data stream's. */
  readonly port?: number;
  readonly cancel: () => void;
}

/**
 * Any number of forwarded connections over one SPDY session, each a pair of streams. Resolves when the session has
 * ended; aborting `stop` ends it.
 */
export async function spdyForward(
  connection: Duplex,
  dial: (port: number, signal: AbortSignal) => Promise<Duplex>,
  { clock, log, stop }: { readonly clock: Clock; readonly log: Log; readonly stop: AbortSignal },
): Promise<void> {
  const gone = new AbortController();
  const signal = AbortSignal.any([gone.signal, stop]);
  const halves = new Map<string, Half>();

  const giveUp = (requestId: string): void => {
    const { data, error } = halves.get(requestId) ?? {};
    halves.delete(requestId);
    error?.end(`timed out waiting for the ${data === undefined ? "data" : "error"} stream of this connection`);
    data?.destroy();
  };
  const onStream = (stream: SpdyStream): void => {
    const told = pairedStream(stream.id, stream.headers);
    if ("problem" in told) return stream.reset(protocolError);
    const { type, requestId, port } = told;
    const before = halves.get(requestId);
    if (before?.[type] !== undefined) return stream.reset(protocolError);
    stream.accept();
    // The client says nothing on it, and its end must be read.
    if (type === "error") stream.data.resume();
    const cancel = before?.cancel ?? clock.after(creationMs, () => giveUp(requestId));
    const half: Half =
      type === "data" ? { ...before, data: stream.data, port, cancel } : { ...before, error: stream.data, cancel };
    if (half.data === undefined || half.error === undefined) return void halves.set(requestId, half);
    halves.delete(requestId);
    cancel();
    void forwardConnection({ port: half.port ?? port, data: half.data, error: half.error }, dial, signal);
  };
  const session = spdySession(connection, { onStream, clock, log });
  const close = (): void => session.close();
  stop.addEventListener("abort", close, { once: true });
  await session.closed;
  stop.removeEventListener("abort", close);
  gone.abort(new Error("the client is gone"));
  for (const { cancel } of halves.values()) cancel();
}
