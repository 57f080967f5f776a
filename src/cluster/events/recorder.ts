import { LRUCache } from "lru-cache";
import PQueue from "p-queue";
import type { Clock, Log } from "../../provider.ts";
import { ApiError, type EventRecorder } from "../cluster.ts";
import { calls } from "../rest/calls.ts";
import type { Rest } from "../rest/rest.ts";
import { createBackoff } from "../watch/backoff.ts";
import { beginSeries, eventObject, eventPatch, seriesKey, type EventSeries } from "./event-series.ts";
import { createSpamFilter } from "./spam-filter.ts";

export interface RecorderOptions {
  readonly rest: Rest;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

/** Few of the connections, so that events never delay a status patch. */
const inFlight = 4;
/** 5,000 pods with two events each, twice. */
const mostQueued = 20_000;
/** As client-go: so many series are remembered; a forgotten one begins a new object. */
const mostSeries = 4096;
/** As client-go: an event is given up after so many failures. */
const mostTries = 12;
const backoffMs = { first: 500, most: 10_000 };

/** A series on its way to the API server. */
interface Sending extends EventSeries {
  queued: boolean;
  /** The object exists. */
  written: boolean;
  failures: number;
}

export function createEventRecorder({ rest, clock, log, random }: RecorderOptions): EventRecorder {
  const known = new LRUCache<string, Sending>({ max: mostSeries });
  const mayTell = createSpamFilter(clock);
  const queue = new PQueue({ concurrency: inFlight });
  const backoff = createBackoff(backoffMs.first, backoffMs.most, random);
  let sequence = 0;
  let flushing = 0;
  let overflowing = false;
  const muted = new LRUCache<string, true>({ max: mostSeries });

  function enqueue(series: Sending, priority: 0 | 1): void {
    series.queued = true;
    void queue.add(() => send(series), { priority });
  }

  async function send(series: Sending): Promise<void> {
    const told = series.count;
    try {
      await write(series, rest);
      series.failures = 0;
      backoff.reset();
      series.queued = false;
      if (series.count > told) enqueue(series, 0);
    } catch (error) {
      series.failures += 1;
      if (isPassing(error) && flushing === 0 && series.failures < mostTries) return hold(series, error);
      series.queued = false;
      const { about, reason } = series.event;
      log.warn("event given up", { object: `${about.kind} ${about.namespace ?? ""}/${about.name}`, reason, error });
      if (flushing > 0 && !(error instanceof ApiError)) drop();
    }
  }

  /** Nobody gets through now: the whole queue waits, the failed one first in line. */
  function hold(series: Sending, error: unknown): void {
    const answered = error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0;
    enqueue(series, 1);
    if (queue.isPaused) return;
    queue.pause();
    clock.after(Math.max(backoff.next(), answered), () => queue.start());
  }

  function drop(): void {
    if (queue.size > 0) log.warn("events given up: API server cannot be reached", { count: queue.size });
    queue.clear();
  }

  return {
    record(event) {
      const object = `${event.nodeName}/${event.about.kind}/${event.about.uid}`;
      if (!mayTell(object)) {
        if (!muted.has(object)) log.warn("events of this object are limited", { object, reason: event.reason });
        muted.set(object, true);
        return;
      }
      const full = queue.size >= mostQueued;
      if (full && !overflowing) log.warn("events are dropped: too many wait to be sent", { waiting: queue.size });
      overflowing = full;
      if (full) return;
      const key = seriesKey(event);
      const now = clock.now();
      let series = known.get(key);
      if (series === undefined) {
        series = { ...beginSeries(event, now, sequence++), queued: false, written: false, failures: 0 };
        known.set(key, series);
      }
      series.count += 1;
      series.lastAt = now;
      if (!series.queued) enqueue(series, 0);
    },
    async flush() {
      flushing += 1;
      queue.start();
      await queue.onIdle();
      flushing -= 1;
    },
  };
}

async function write(series: Sending, rest: Rest): Promise<void> {
  const { namespace, name } = series;
  if (series.written) {
    try {
      await rest.send(calls.patchEvent, { namespace, name, body: eventPatch(series) });
      return;
    } catch (error) {
      // Events live for an hour by default; then a new one begins.
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      series.written = false;
    }
  }
  try {
    await rest.send(calls.createEvent, { namespace, body: eventObject(series) });
  } catch (error) {
    // Ours, written by a try whose answer was lost.
    if (!(error instanceof ApiError) || error.reason !== "AlreadyExists") throw error;
  }
  series.written = true;
}

/** No answer, overload and a server in trouble pass; a refusal stays one, e.g. in a namespace that ends. */
function isPassing(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status >= 500 || error.status === 429;
}
