import type { Clock } from "../../src/model/clock.ts";

/** 2026-01-02T03:04:05Z: no round number, so that a forgotten unit shows. */
const defaultStart = 1_767_323_045_000;

export interface FakeClock extends Clock {
  /**
   * Moves time by `ms`, firing every timer that falls due, in order of its time (equal times: in order of creation),
   * also those created on the way. Promises settle before the first timer and after each one.
   */
  advance(ms: number): Promise<void>;
  /** Moves time to the next timer and fires it; false when there is none. */
  advanceToNext(): Promise<boolean>;
  /** Advances from timer to timer until the condition holds; throws when there is no timer left or `limit` ms went by. */
  advanceUntil(condition: () => boolean, limit?: number): Promise<void>;
  /** Sets the wall clock alone, as NTP or a user does. The monotonic clock goes on unmoved. */
  setNow(ms: number): void;
  /** Timers waiting to fire. */
  readonly pending: number;
}

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** A clock that stands still until it is told to move. `start`: wall time in milliseconds since 1970. */
export function fakeClock(start: number = defaultStart): FakeClock {
  const timers: Timer[] = [];
  // The monotonic clock starts elsewhere than the wall clock, so that mixing them up shows.
  let monotonic = 1_000;
  let wallOffset = start - monotonic;
  let advancing = false;

  const after = (ms: number, fn: () => void): (() => void) => {
    if (Number.isNaN(ms)) throw new Error("a timer needs a number of milliseconds, got NaN");
    const timer = { at: monotonic + Math.max(ms, 0), fire: fn };
    timers.splice(insertionPoint(timers, timer.at), 0, timer);
    return () => {
      const index = timers.indexOf(timer);
      if (index >= 0) timers.splice(index, 1);
    };
  };

  const fireNext = async (): Promise<void> => {
    const timer = timers.shift();
    if (timer === undefined) return;
    monotonic = timer.at;
    timer.fire();
    await settled();
  };

  const exclusively = async <T>(work: () => Promise<T>): Promise<T> => {
    if (advancing) throw new Error("the fake clock is already being advanced: await the other call first");
    advancing = true;
    try {
      await settled();
      return await work();
    } finally {
      advancing = false;
    }
  };

  return {
    now: () => monotonic + wallOffset,
    monotonic: () => monotonic,
    after,
    sleep: (ms, signal) => sleepOn(after, ms, signal),
    advance: (ms) =>
      exclusively(async () => {
        const end = monotonic + ms;
        while ((timers[0]?.at ?? Infinity) <= end) await fireNext();
        monotonic = end;
      }),
    advanceToNext: () =>
      exclusively(async () => {
        if (timers.length === 0) return false;
        await fireNext();
        return true;
      }),
    advanceUntil: (condition, limit = 24 * 60 * 60 * 1000) =>
      exclusively(async () => {
        const end = monotonic + limit;
        while (!condition()) {
          const next = timers[0]?.at;
          if (next === undefined) throw new Error("the condition does not hold and no timer is left");
          if (next > end) throw new Error(`the condition did not hold within ${limit} ms`);
          await fireNext();
        }
      }),
    setNow: (ms) => (wallOffset = ms - monotonic),
    get pending() {
      return timers.length;
    },
  };
}

function sleepOn(after: Clock["after"], ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const abort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = after(ms, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/** Index after every timer that is due at `at` or before. */
function insertionPoint(timers: readonly Timer[], at: number): number {
  let low = 0;
  let high = timers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((timers[middle]?.at ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Everything that waits for promises alone has run: Node drains its microtasks before each macrotask. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
