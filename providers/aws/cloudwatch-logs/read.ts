import { type LogRecord, type LogRequest, type ProviderError, rfc3339Nano } from "../../../src/provider.ts";
import type { LogEvent, LogsClient } from "./client.ts";
import { Delivered, OVERLAP_MS } from "./delivered.ts";
import { fromHead, lastOf } from "./history.ts";
import type { Poller } from "./poller.ts";

export interface LogsReader {
  readonly client: Pick<LogsClient, "page">;
  readonly poller: Poller;
}

/** A reader that is further behind than this reads on from the group's history: nobody else waits for it. */
const QUEUED = 10_000;

/** By then everything of an ended container has been readable for long, whatever the difference of clocks. */
const LONG_ENDED_MS = 60_000;

/**
 * Records of one stream as Provider.logs gives them. CloudWatch does not keep standard error apart: all is `stdout`. Without
 * `follow` a stream that is not there has none; with it, it is waited for. `endedFor`: milliseconds since its container has
 * ended, by the wall clock; `undefined` while it may write.
 */
export async function* readLogs(
  { client, poller }: LogsReader,
  stream: string,
  want: LogRequest,
  endedFor: () => number | undefined,
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  const delivered = new Delivered();
  const hasEnded = (): boolean => endedFor() !== undefined;
  try {
    yield* historyOf(client, stream, want, delivered, signal);
    while (want.follow && !signal.aborted && (endedFor() ?? 0) < LONG_ENDED_MS) {
      const queue = subscribe(poller, stream, delivered.newest, hasEnded, signal);
      yield* newOf(queue, delivered);
      if (!queue.isBehind()) return;
      yield* newOf(fromHead(client, stream, Math.max(0, delivered.newest - OVERLAP_MS), signal), delivered);
    }
  } catch (error) {
    // A reader that leaves is no error, wherever it was.
    if (!signal.aborted) throw error;
  }
}

async function* historyOf(
  client: LogsReader["client"],
  stream: string,
  { follow, tailLines: lines }: LogRequest,
  delivered: Delivered,
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  if (lines === undefined) {
    yield* newOf(fromHead(client, stream, 0, signal), delivered);
    return;
  }
  // A follower reads the overlap again, and must know what of it was older than the lines that it wanted.
  for await (const { events, skip } of lastOf(client, stream, { lines, reach: follow ? OVERLAP_MS : 0 }, signal)) {
    delivered.add(events);
    if (events.length > skip) yield events.slice(skip).map(recordOf);
  }
}

/** What was not delivered before. */
async function* newOf(
  batches: AsyncIterable<readonly LogEvent[]>,
  delivered: Delivered,
): AsyncGenerator<readonly LogRecord[]> {
  const isKnown = delivered.again();
  for await (const events of batches) {
    const fresh = events.filter((event) => !isKnown(event));
    delivered.add(fresh);
    if (fresh.length > 0) yield fresh.map(recordOf);
  }
}

interface Queue extends AsyncIterable<readonly LogEvent[]> {
  /** It ended because its reader was too slow. */
  isBehind(): boolean;
}

function subscribe(poller: Poller, stream: string, from: number, hasEnded: () => boolean, signal: AbortSignal): Queue {
  let queued: LogEvent[] = [];
  let failure: ProviderError | undefined;
  let over = false;
  let behind = false;
  let wake = Promise.withResolvers<void>();
  const end = (error?: ProviderError): void => {
    over = true;
    failure = error;
    wake.resolve();
  };
  const leave = poller.subscribe({
    stream,
    from,
    hasEnded,
    end,
    push(events) {
      if (over) return;
      queued.push(...events);
      wake.resolve();
      if (queued.length <= QUEUED) return;
      behind = true;
      leave();
      end();
    },
  });
  const stop = (): void => end();
  signal.addEventListener("abort", stop, { once: true });

  async function* read(): AsyncGenerator<readonly LogEvent[]> {
    try {
      while (!signal.aborted) {
        const batch = queued;
        queued = [];
        if (batch.length > 0) yield batch;
        else if (over) break;
        else await wake.promise;
        wake = Promise.withResolvers();
        if (queued.length > 0 || over) wake.resolve();
      }
      if (failure !== undefined) throw failure;
    } finally {
      leave();
      signal.removeEventListener("abort", stop);
    }
  }
  return { [Symbol.asyncIterator]: read, isBehind: () => behind };
}

function recordOf({ timestamp, message }: LogEvent): LogRecord {
  const text = message.endsWith("\n") ? message.slice(0, -1) : message;
  return { time: rfc3339Nano(timestamp), stream: "stdout", bytes: Buffer.from(text), partial: false };
}
