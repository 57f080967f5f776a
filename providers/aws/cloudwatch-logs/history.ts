/** What a stream has now, page by page: one page is held at a time, whatever the log's size. */
import { ProviderError } from "../../../src/provider.ts";
import type { LogEvent, LogPage, LogsClient } from "./client.ts";

/** The most that CloudWatch gives at once. */
const PAGE = 10_000;

/** From `startTime` (milliseconds, 0: from the first event) to what is the end now. A stream that is not there has nothing. */
export async function* fromHead(
  client: Pick<LogsClient, "page">,
  stream: string,
  startTime: number,
  signal: AbortSignal,
): AsyncGenerator<readonly LogEvent[]> {
  let token: string | undefined;
  while (!signal.aborted) {
    const from = { head: true, startTime, ...(token !== undefined && { token }) };
    const page = await pageOrNone(client, stream, from, signal);
    if (page === undefined) return;
    if (page.events.length > 0) yield page.events;
    if (page.forward === undefined || page.forward === token) return;
    token = page.forward;
  }
}

/** Events in a row, of which all but the first `skip` were asked for. */
export interface Piece {
  readonly events: readonly LogEvent[];
  readonly skip: number;
}

/**
 * The last `lines` events, and before them as skipped ones at least those of the last `reach` milliseconds of the stream.
 * Walks back from the end and counts; pages older than the newest are asked for a second time on the way forward, rather
 * than held: CloudWatch answers a token with the same page again.
 */
export async function* lastOf(
  client: Pick<LogsClient, "page">,
  stream: string,
  { lines, reach }: { readonly lines: number; readonly reach: number },
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  const limit = reach > 0 ? PAGE : Math.min(lines, PAGE);
  if (limit === 0) return;
  const newest = await pageOrNone(client, stream, { limit }, signal);
  if (newest === undefined) return;
  const older: string[] = [];
  let count = newest.events.length;
  let oldest = newest.events[0]?.timestamp ?? 0;
  const far = (newest.events.at(-1)?.timestamp ?? 0) - reach;
  const isShort = (): boolean => count < lines || oldest > far;
  for (let token = newest.backward; token !== undefined && isShort() && !signal.aborted;) {
    const page = await client.page(stream, { token, limit }, signal);
    if (page.events.length > 0) older.push(token);
    count += page.events.length;
    oldest = page.events[0]?.timestamp ?? oldest;
    token = page.backward === token ? undefined : page.backward;
  }
  let skip = Math.max(count - lines, 0);
  for (const token of older.toReversed()) {
    const { events } = await client.page(stream, { token, limit }, signal);
    yield { events, skip: Math.min(skip, events.length) };
    skip = Math.max(skip - events.length, 0);
  }
  if (newest.events.length > 0) yield { events: newest.events, skip };
}

async function pageOrNone(
  client: Pick<LogsClient, "page">,
  stream: string,
  from: Parameters<LogsClient["page"]>[1],
  signal: AbortSignal,
): Promise<LogPage | undefined> {
  try {
    return await client.page(stream, from, signal);
  } catch (error) {
    if (error instanceof ProviderError && error.kind === "notFound") return undefined;
    throw error;
  }
}
