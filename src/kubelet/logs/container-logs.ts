import type { ServerResponse } from "node:http";

import { asProviderError, type LogRecord, type ProviderError } from "../../provider.ts";
import { failure, send, text } from "../answer.ts";
import type { HandlerContext, KubeletRequest } from "../handler.ts";
import { logLines, type LogLines } from "./log-lines.ts";
import { logSource } from "./log-source.ts";
import { parseLogOptions } from "./options.ts";

/**
 * How long the first records may keep the status line waiting when the client follows: until then an error of the
 * provider becomes a proper answer, afterwards a quiet container must still look connected.
 */
const patienceMs = 1_000;

/** GET /containerLogs/{namespace}/{pod}/{container}. Holds one batch of records at a time, whatever the log's size. */
export async function containerLogs(request: KubeletRequest, context: HandlerContext): Promise<void> {
  const { provider, clock, nodeName } = context;
  const { res, params, signal } = request;
  const { namespace = "", pod = "", container = "" } = params;

  const parsed = parseLogOptions(request.query, clock.now());
  if (parsed.problems !== undefined) {
    const reason = parsed.status === 400 ? "BadRequest" : "Invalid";
    return send(res, failure(parsed.status, reason, `Invalid request: ${parsed.problems.join("; ")}`));
  }
  const found = context.pods.find(namespace, pod);
  if (found === undefined) return send(res, text(404, `pod "${pod}" does not exist`));
  if (provider.logs === undefined) {
    const sentence = `provider "${provider.name}" of node "${nodeName}" keeps no logs that burstlet can read`;
    return send(res, failure(501, "NotImplemented", sentence));
  }
  const { options } = parsed;
  const chosen = logSource(found, container, options.previous, provider.restarts);
  if (chosen.trouble !== undefined) return send(res, text(chosen.status, chosen.trouble));

  const { ran } = chosen;
  const want = { follow: options.follow, tailLines: options.tailLines, ...(ran !== undefined && { ran }) };
  const batches = provider.logs(chosen.source, want, signal)[Symbol.asyncIterator]();
  try {
    const first = batches.next();
    await (options.follow ? Promise.race([first, clock.sleep(patienceMs, signal)]) : first);
    res.writeHead(200, { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" });
    res.flushHeaders();
    await copy(first, batches, logLines(options), res, signal);
    res.end();
  } catch (error) {
    if (signal.aborted) return;
    const named = `container "${container}" in pod "${pod}"`;
    context.log.warn("Reading a container's log failed", { err: error, pod: { namespace, name: pod }, container });
    breakOff(res, named, asProviderError(error));
  } finally {
    // Not awaited: a generator that still waits for its cloud ends when the signal reaches it.
    batches.return?.().catch(() => undefined);
  }
}

async function copy(
  first: Promise<IteratorResult<readonly LogRecord[]>>,
  batches: AsyncIterator<readonly LogRecord[]>,
  lines: LogLines,
  res: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  for (let batch = first; ; batch = batches.next()) {
    const { done, value } = await unlessAborted(batch, signal);
    if (done === true) return;
    const bytes = lines.render(value);
    if (bytes.length > 0) await unlessAborted(written(res, bytes), signal);
    if (lines.full) return;
  }
}

/**
 * Each write leaves at once; the next batch is asked for when this one is out. So is the end of the answer: an API server
 * that copies a log to a WebSocket drops what it reads together with the end (wsstream's messageCopy), and it never reads
 * two TLS records together.
 */
function written(res: ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    res.write(bytes, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}

/**
 * A race with a promise of its own: one that outlives many races holds on to what each of them brought, and that would be
 * the whole log.
 */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener("abort", abort));
}

/** The API server passes the words on for 400 and 500 alone. Once lines are out, the end says that it is none. */
function breakOff(res: ServerResponse, named: string, error: ProviderError): void {
  const sentence = `unable to retrieve the logs of ${named}: ${error.message}`;
  if (!res.headersSent) {
    const isFinal = error.kind === "notFound" || error.kind === "refused" || error.kind === "invalid";
    return send(res, text(isFinal ? 400 : 500, sentence));
  }
  res.write(`${sentence}\n`, () => res.destroy());
}
