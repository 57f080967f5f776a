import type { Clock } from "../src/model/clock.ts";

/** A clock of its own pace over another one: everything in the stand-in that takes time takes it from here. */
export interface PacedClock extends Clock {
  /** How many of its seconds go by in one second of the clock below; above 0. */
  readonly rate: number;
  setRate(rate: number): void;
  /** Jumps ahead by `ms`, firing every timer that falls due on the way, in order. */
  advance(ms: number): void;
  /** What this clock says at a wall time of the clock below: for facts that come with times of their own. */
  fromBelow(wallMs: number): number;
}

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** Starts with the time of the clock below. */
export function createPacedClock(below: Clock, firstRate = 1): PacedClock {
  const timers: Timer[] = [];
  const wallOffset = below.now() - below.monotonic();
  let rate = checkedRate(firstRate);
  let originBelow = below.monotonic();
  let origin = originBelow;
  let wake: (() => void) | undefined;

  const monotonic = (): number => origin + (below.monotonic() - originBelow) * rate;
  const restart = (at: number): void => {
    origin = at;
    originBelow = below.monotonic();
  };
  /** One timer of the clock below, for the earliest of ours: a thousand tasks cost it no more than one. */
  const arm = (): void => {
    wake?.();
    const [next] = timers;
    wake = next && below.after(Math.max(0, next.at - monotonic()) / rate, () => fireDue(monotonic()));
  };
  const fireDue = (until: number): void => {
    // Rounding must not leave a timer a millionth of a millisecond short of its time.
    while ((timers[0]?.at ?? Infinity) <= until + 1e-3) timers.shift()?.fire();
    arm();
  };
  const after = (ms: number, fire: () => void): (() => void) => {
    const timer = { at: monotonic() + Math.max(ms, 0), fire };
    const index = insertionPoint(timers, timer.at);
    timers.splice(index, 0, timer);
    if (index === 0) arm();
    return () => {
      const present = timers.indexOf(timer);
      if (present >= 0) timers.splice(present, 1);
    };
  };

  return {
    now: () => monotonic() + wallOffset,
    monotonic,
    after,
    sleep: (ms, signal) => sleepOn(after, ms, signal),
    get rate() {
      return rate;
    },
    setRate(next) {
      restart(monotonic());
      rate = checkedRate(next);
      arm();
    },
    advance(ms) {
      const end = monotonic() + ms;
      while ((timers[0]?.at ?? Infinity) <= end) {
        const timer = timers.shift();
        restart(Math.max(timer?.at ?? 0, monotonic()));
        timer?.fire();
      }
      restart(Math.max(end, monotonic()));
      arm();
    },
    // By numbers that stay as they are: two clocks that are read twice give the same moment two times.
    fromBelow: (wallMs) => origin + (wallMs - wallOffset - originBelow) * rate + wallOffset,
  };
}

function checkedRate(rate: number): number {
  if (!(rate > 0 && rate < Infinity)) throw new Error(`the rate of a clock is a number above 0, not ${rate}`);
  return rate;
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
