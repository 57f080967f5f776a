/** CloudWatch Logs in memory, as far as reading goes: pages and tokens, late visibility, refusal of streams that are not there. */
import { type Clock, ProviderError } from "../../../src/provider.ts";
import type { FoundEvent, LogPage, LogsClient } from "./client.ts";

interface Stored extends FoundEvent {
  /** Monotonic milliseconds. */
  readonly visibleAt: number;
}

export interface MemoryLogs extends LogsClient {
  /** Every call: `page web` or `filter web,side`. */
  readonly calls: string[];
  /** The next calls of FilterLogEvents reject with these. */
  readonly failures: ProviderError[];
  create(stream: string): void;
  /** Visible after `delay` milliseconds, but never before what the stream has already. */
  write(stream: string, message: string, delay?: number): void;
}

const byTime = (a: Stored, b: Stored): number => a.timestamp - b.timestamp || a.id.localeCompare(b.id);

/** `pageSize`: how many events a page has at most, so that few events make many pages. */
export function memoryLogs(clock: Clock, pageSize = 1_000): MemoryLogs {
  const streams = new Map<string, Stored[]>();
  const calls: string[] = [];
  const failures: ProviderError[] = [];
  let count = 0;
  const visible = (stream: string): Stored[] => {
    const events = streams.get(stream);
    if (events === undefined)
      throw new ProviderError("notFound", "ResourceNotFoundException", "The specified log stream does not exist.");
    return events.filter(({ visibleAt }) => visibleAt <= clock.monotonic());
  };
  const create = (stream: string): Stored[] => {
    const events = streams.get(stream) ?? [];
    streams.set(stream, events);
    return events;
  };
  return {
    calls,
    failures,
    create,
    write(stream, message, delay = 0) {
      const events = create(stream);
      const visibleAt = Math.max(clock.monotonic() + delay, events.at(-1)?.visibleAt ?? 0);
      const id = String(count++).padStart(8, "0");
      const now = clock.now();
      events.push({
        id,
        stream,
        message,
        timestamp: now,
        ingestionTime: now + (visibleAt - clock.monotonic()),
        visibleAt,
      });
    },
    async page(stream, { token, head, startTime = 0, limit = pageSize }): Promise<LogPage> {
      calls.push(`page ${stream}`);
      await Promise.resolve();
      const all = visible(stream);
      const size = Math.min(limit, pageSize);
      const [way, at] = token === undefined ? [] : [token.slice(0, 1), Number(token.slice(2))];
      const first = all.findIndex(({ timestamp }) => timestamp >= startTime);
      const begin = first < 0 ? all.length : first;
      const isForward = way === undefined ? head === true : way === "f";
      const from = isForward ? (at ?? begin) : Math.max(0, (at ?? all.length) - size);
      const to = isForward ? Math.min(all.length, from + size) : (at ?? all.length);
      return { events: all.slice(from, to), forward: `f/${to}`, backward: `b/${from}` };
    },
    async search() {
      return Promise.reject(new Error("nobody searches here"));
    },
    async filter(names, { startTime, token }) {
      calls.push(`filter ${names.join()}`);
      await Promise.resolve();
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      const all = names
        .flatMap(visible)
        .filter(({ timestamp }) => timestamp >= startTime)
        .toSorted(byTime);
      const [time, id] = token?.split("/") ?? [];
      const rest = all.filter(
        (event) =>
          token === undefined ||
          event.timestamp > Number(time) ||
          (event.timestamp === Number(time) && event.id > (id ?? "")),
      );
      const events = rest.slice(0, pageSize);
      const last = events.at(-1);
      return { events, next: rest.length > events.length && last ? `${last.timestamp}/${last.id}` : undefined };
    },
  };
}
