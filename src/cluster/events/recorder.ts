import { LRUCache } from "lru-cache";
import PQueue from "p-queue";
import type { Clock, Log } from "../../provider.ts";
import { ApiError, type EventRecorder, type NewEvent } from "../cluster.ts";
import type { Rest } from "../rest/rest.ts";
import { createBackoff } from "../watch/backoff.ts";
import { beginSeries, seriesKey, type EventSeries } from "./event-series.ts";
import { createSpamFilter } from "./spam-filter.ts";
import { writeEvent } from "./write-event.ts";

export interface RecorderOptions {
  readonly rest: Rest;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

/** Few of the connections, so that events never delay a status patch. */
const inFlight = 4;
/**
 * As many other requests at once are a burst of pods: events then go one by one and leave the API server to the status
 * patches. A quarter of the requests of its first pods would otherwise be events.
 */
const crowd = 8;
/** 5,000 pods with two events each, twice. */
const mostQueued = 20_000;
/** As client-go: so many series are remembered; a forgotten one begins a new object. */
const mostSeries = 4096;

export function createEventRecorder({ rest, clock, log, random }: RecorderOptions): EventRecorder {
  const known = new LRUCache<string, EventSeries>({ max: mostSeries });
  const judge = createSpamFilter(clock);
  const outbox = createOutbox({ rest, clock, log, random });
  let sequence = 0;
  let overflowing = false;

  function mayTell({ about, nodeName, reason }: NewEvent): boolean {
    const verdict = judge(`${nodeName}/${about.kind}/${about.uid}`);
    if (verdict === "limited") log.warn("events of this object are limited", { ...nameOf(about), reason });
    if (verdict !== "allowed") return false;
    const full = outbox.waiting() >= mostQueued;
    if (full && !overflowing) log.warn("events are dropped: too many wait to be sent", { waiting: mostQueued });
    overflowing = full;
    return !full;
  }

  return {
    record(event) {
      if (!mayTell(event)) return;
      const now = clock.now();
      const key = seriesKey(event);
      const series = known.get(key) ?? beginSeries(event, now, sequence++);
      known.set(key, series);
      series.count += 1;
      series.lastAt = now;
      outbox.put(series);
    },
    flush: outbox.flush,
  };
}

interface Outbox {
  put(series: EventSeries): void;
  waiting(): number;
  flush(): Promise<void>;
}

/** As client-go: an event is given up after so many failures. */
const mostTries = 12;
const backoffMs = { first: 500, most: 10_000 };

/** Sends series in order. What changes while it waits goes out once; while nobody answers, the whole box waits. */
function createOutbox({ rest, clock, log, random }: RecorderOptions): Outbox {
  const queue = new PQueue({ concurrency: inFlight });
  const backoff = createBackoff(backoffMs.first, backoffMs.most, random);
  const queued = new Set<EventSeries>();
  let flushing = 0;
  let sending = 0;

  function put(series: EventSeries, tries = 0): void {
    if (tries === 0 && queued.has(series)) return;
    queued.add(series);
    pace();
    void queue.add(async () => send(series, tries), { priority: tries === 0 ? 0 : 1 });
  }

  function pace(): void {
    queue.concurrency = rest.underWay() - sending < crowd ? inFlight : 1;
  }

  async function send(series: EventSeries, tries: number): Promise<void> {
    const told = series.count;
    sending += 1;
    try {
      await writeEvent(series, rest);
      queued.delete(series);
      backoff.reset();
      if (series.count > told) put(series);
    } catch (error) {
      if (isPassing(error) && flushing === 0 && tries + 1 < mostTries) hold(series, tries + 1, error);
      else giveUp(series, error);
    }
    sending -= 1;
    pace();
  }

  function hold(series: EventSeries, tries: number, error: unknown): void {
    put(series, tries);
    if (queue.isPaused) return;
    queue.pause();
    const asked = error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0;
    clock.after(Math.max(backoff.next(), asked), () => queue.start());
  }

  function giveUp(series: EventSeries, error: unknown): void {
    queued.delete(series);
    const fields = { ...nameOf(series.event.about), reason: series.event.reason, error };
    // A refusal is ordinary in a namespace that ends, and a missing right has its own line.
    if (!isPassing(error)) return log.debug("event refused", fields);
    log.warn("event given up", fields);
    if (flushing === 0 || error instanceof ApiError || queue.size === 0) return;
    log.warn("events given up: the API server does not answer", { count: queue.size });
    queue.clear();
    queued.clear();
  }

  return {
    put: (series) => put(series),
    waiting: () => queue.size,
    async flush() {
      flushing += 1;
      queue.start();
      await queue.onIdle();
      flushing -= 1;
    },
  };
}

/** No answer, overload and a server in trouble pass; a refusal stays one. */
function isPassing(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status >= 500 || error.status === 429;
}

function nameOf(about: NewEvent["about"]): object {
  return { object: [about.kind, about.namespace, about.name].filter((part) => part !== undefined).join("/") };
}
