/** What a reader has been given of late, so that nothing is given twice where two ways of reading meet. Pure. */
import type { LogEvent } from "./client.ts";

/**
 * Events become visible some seconds after they were written: the writer's log driver flushes every 5 s, and CloudWatch
 * takes its time. So whatever reads on reads again what is younger than this, in milliseconds of the events' own time.
 */
export const OVERLAP_MS = 15_000;

/**
 * GetLogEvents gives no event ids, and equal lines of one millisecond are common. So equal events are counted, not
 * merged: as many as were delivered are left out of a second reading.
 */
export class Delivered {
  readonly #counts = new Map<string, { count: number; readonly timestamp: number }>();
  #newest = 0;

  /** Milliseconds since 1970 of the newest event; 0 before the first one. */
  get newest(): number {
    return this.#newest;
  }

  /** In the order of their time. Forgets what no second reading can bring. */
  add(events: readonly LogEvent[]): void {
    for (const event of events) {
      const key = keyOf(event);
      const known = this.#counts.get(key);
      if (known === undefined) this.#counts.set(key, { count: 1, timestamp: event.timestamp });
      else known.count++;
      this.#newest = Math.max(this.#newest, event.timestamp);
    }
    for (const [key, { timestamp }] of this.#counts) {
      if (timestamp >= this.#newest - OVERLAP_MS) return;
      this.#counts.delete(key);
    }
  }

  /** For one second reading: says of each event whether it was delivered before. */
  again(): (event: LogEvent) => boolean {
    const left = new Map([...this.#counts].map(([key, { count }]) => [key, count]));
    return (event) => {
      const key = keyOf(event);
      const count = left.get(key) ?? 0;
      if (count > 0) left.set(key, count - 1);
      return count > 0;
    };
  }
}

/** Not the whole text: where two lines share all of this, each still counts for one. */
function keyOf({ timestamp, ingestionTime, message }: LogEvent): string {
  return `${timestamp}/${ingestionTime}/${message.length}/${message.slice(0, 48)}`;
}
