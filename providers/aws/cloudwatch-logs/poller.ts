import { asProviderError, type Clock, type Log, type ProviderError } from "../../../src/provider.ts";
import type { FoundEvent, LogsClient } from "./client.ts";
import { OVERLAP_MS } from "./delivered.ts";
import { askPresent, MissingStreams } from "./missing-streams.ts";

/** Somebody who waits for new events of one stream. */
export interface Subscriber {
  readonly stream: string;
  /** Newest event that it has, milliseconds since 1970. */
  readonly from: number;
  /** New events, oldest first, each once. Must not wait. */
  push(events: readonly FoundEvent[]): void;
  /** Nothing more will be written. */
  hasEnded(): boolean;
  /** Nothing more comes: all is read, or `error` stands in the way. */
  end(error?: ProviderError): void;
}

export interface Poller {
  /** The returned function leaves. */
  subscribe(subscriber: Subscriber): () => void;
}

const SHORTEST_MS = 1_000;
const LONGEST_MS = 5_000;
const TROUBLE_LONGEST_MS = 30_000;
/** So long after the end of its container a stream may still grow: see OVERLAP_MS. */
const LATE_MS = 10_000;
/** Of a single stream events come in the order of their time: one writer sends them. Only its last millisecond may grow. */
const OVERLAP_OF_ONE_MS = 1_000;

/**
 * ONE loop that reads for everybody: a round asks for all streams, a hundred by one call, each call behind the account's
 * bucket. With more readers rounds take longer; the cloud is not asked more often. Without readers there is no loop.
 */
export function createPoller(client: Pick<LogsClient, "filter">, clock: Clock, log: Log): Poller {
  return new SharedPoller(client, clock, log);
}

interface Reader {
  readonly subscriber: Subscriber;
  /** Ids of the events of the overlap that it has, with their times. */
  readonly seen: Map<string, number>;
  /** Monotonic milliseconds at which its container was found ended. */
  endedAt: number | undefined;
}

class SharedPoller implements Poller {
  readonly #client: Pick<LogsClient, "filter">;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #readers = new Set<Reader>();
  readonly #missing = new MissingStreams();
  /** Time of the newest event of all: it moves by events and not by a clock, which may be wrong here or there. */
  #newest = 0;
  #wait = SHORTEST_MS;
  #running = false;

  constructor(client: Pick<LogsClient, "filter">, clock: Clock, log: Log) {
    this.#client = client;
    this.#clock = clock;
    this.#log = log;
  }

  subscribe(subscriber: Subscriber): () => void {
    const reader: Reader = { subscriber, seen: new Map(), endedAt: undefined };
    this.#readers.add(reader);
    // What this one has already others may still lack: for their sake it is read again, and left out in `#deliver`.
    if (this.#readers.size === 1) this.#newest = Math.max(this.#newest, subscriber.from);
    this.#wait = SHORTEST_MS;
    if (!this.#running) void this.#run();
    return () => void this.#readers.delete(reader);
  }

  async #run(): Promise<void> {
    this.#running = true;
    let failures = 0;
    while (this.#readers.size > 0) {
      try {
        const news = await this.#round();
        failures = 0;
        this.#wait = news ? SHORTEST_MS : Math.min(this.#wait * 1.5, LONGEST_MS);
      } catch (error) {
        const trouble = asProviderError(error);
        const { reason, message } = trouble;
        if (failures === 0 && trouble.kind !== "throttled")
          this.#log.warn("logs cannot be followed", { reason, message });
        if (trouble.kind === "denied") for (const reader of this.#readers) this.#end(reader, trouble);
        this.#wait = Math.min(SHORTEST_MS * 2 ** failures++, TROUBLE_LONGEST_MS);
      }
      // By the second, so that whoever comes meanwhile and makes the wait a short one is not kept waiting.
      const begun = this.#clock.monotonic();
      do await this.#clock.sleep(SHORTEST_MS);
      while (this.#clock.monotonic() - begun < this.#wait);
    }
    this.#running = false;
    this.#newest = 0;
  }

  /** Was there anything new? */
  async #round(): Promise<boolean> {
    const now = this.#clock.monotonic();
    for (const reader of this.#readers) if (reader.subscriber.hasEnded()) reader.endedAt ??= now;
    const asked = new Set(this.#readers);
    const streams = [...new Set([...asked].map(({ subscriber }) => subscriber.stream))];
    this.#missing.keep(streams);
    const startTime = Math.max(0, this.#newest - (streams.length === 1 ? OVERLAP_OF_ONE_MS : OVERLAP_MS));
    const news = await Promise.all(this.#missing.calls(streams, now).map(async (call) => this.#read(call, startTime)));
    for (const reader of asked) {
      for (const [id, at] of reader.seen) if (at < this.#newest - OVERLAP_MS) reader.seen.delete(id);
      if (reader.endedAt !== undefined && now - reader.endedAt >= LATE_MS) this.#end(reader);
    }
    return news.some((one) => one);
  }

  async #read(streams: readonly string[], startTime: number): Promise<boolean> {
    const ask = async (some: readonly string[]): Promise<boolean> => this.#readAll(some, startTime);
    const missing = (stream: string): void => this.#missing.notFound(stream, this.#clock.monotonic());
    return (await askPresent(streams, ask, missing)).some((isNews) => isNews);
  }

  async #readAll(streams: readonly string[], startTime: number): Promise<boolean> {
    let isNews = false;
    let token: string | undefined;
    do {
      const page = await this.#client.filter(streams, { startTime, ...(token !== undefined && { token }) });
      if (this.#deliver(page.events)) isNews = true;
      token = page.next;
    } while (token !== undefined && this.#readers.size > 0);
    this.#missing.found(streams);
    return isNews;
  }

  #deliver(events: readonly FoundEvent[]): boolean {
    let isNews = false;
    const byStream = Map.groupBy(events, ({ stream }) => stream);
    for (const { subscriber, seen } of this.#readers) {
      const since = subscriber.from - OVERLAP_MS;
      const fresh =
        byStream.get(subscriber.stream)?.filter(({ id, timestamp }) => timestamp >= since && !seen.has(id)) ?? [];
      if (fresh.length === 0) continue;
      isNews = true;
      for (const { id, timestamp } of fresh) seen.set(id, timestamp);
      subscriber.push(fresh);
    }
    for (const { timestamp } of events) this.#newest = Math.max(this.#newest, timestamp);
    return isNews;
  }

  #end(reader: Reader, error?: ProviderError): void {
    this.#readers.delete(reader);
    reader.subscriber.end(error);
  }
}
