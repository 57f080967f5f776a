import type { Duplex } from "node:stream";

import type { Clock, Log } from "../../provider.ts";
import { spdySession, type SpdyStream } from "../spdy/session.ts";
import { ended, type ClientStreams } from "./client-streams.ts";
import type { StreamOptions } from "./options.ts";
import { statusText, type StatusDialect } from "./outcome.ts";
import { resizeDecoder } from "./resize.ts";

/** The kubelet's streamCreationTimeout. */
const creationMs = 30_000;

export interface SpdyDialect {
  readonly status: StatusDialect;
  /** From v3 on a terminal's size has a stream. */
  readonly resizes: boolean;
}

/**
 * A remote command over the streams of a SPDY session, each named by its header `streamtype`. Resolves when the
 * client has opened all that it asked for; rejects when it is gone, or 30 s late.
 */
export async function spdyClient(
  connection: Duplex,
  options: StreamOptions,
  dialect: SpdyDialect,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<ClientStreams> {
  const expected = expectedStreams(options, dialect);
  const opened = new Map<string, Duplex>();
  const ready = Promise.withResolvers<void>();
  const gone = new AbortController();
  const session = spdySession(connection, {
    clock,
    log,
    onStream(stream) {
      const type = stream.headers.get("streamtype")?.[0] ?? "";
      const data = accepted(stream);
      // A terminal's stderr, or a resize stream before v3: taken and left empty, as the kubelet does.
      if (!expected.has(type) || opened.has(type)) return void data.resume().end();
      opened.set(type, data);
      if (opened.size === expected.size) ready.resolve();
    },
  });
  void session.closed.then(() => {
    const error = new Error("the client is gone");
    gone.abort(error);
    ready.reject(error);
  });
  const late = clock.after(creationMs, () => {
    const missing = [...expected].filter((type) => !opened.has(type)).join(", ");
    ready.reject(new Error(`timed out waiting for the client to open its streams: ${missing}`));
  });
  const finish: ClientStreams["finish"] = async (outcome) => {
    await Promise.all([ended(opened.get("stdout")), ended(opened.get("stderr"))]);
    await ended(opened.get("error"), statusText(outcome, dialect.status));
    session.close();
    await session.closed;
  };
  try {
    await ready.promise;
  } catch (error) {
    await finish({ failure: (error as Error).message });
    throw error;
  } finally {
    late();
  }
  // The client says nothing on these; its half of them must still be read to its end.
  for (const type of ["stdout", "stderr", "error"]) opened.get(type)?.resume();
  return {
    stdin: opened.get("stdin"),
    stdout: opened.get("stdout"),
    stderr: opened.get("stderr"),
    sizes: opened.get("resize")?.pipe(resizeDecoder()),
    gone: gone.signal,
    finish,
  };
}

function expectedStreams(options: StreamOptions, dialect: SpdyDialect): ReadonlySet<string> {
  return new Set([
    "error",
    ...(["stdin", "stdout", "stderr"] as const).filter((type) => options[type]),
    ...(options.tty && dialect.resizes ? ["resize"] : []),
  ]);
}

/** Answers at once: the client waits for it before it sends, and drops what comes earlier. */
function accepted(stream: SpdyStream): Duplex {
  stream.accept();
  return stream.data;
}
