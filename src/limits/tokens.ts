/** The arithmetic of a token bucket. Pure: time is an argument, in monotonic milliseconds. */
export interface BucketLimits {
  /** Tokens a second; 0 stops the bucket until it is changed. */
  readonly rate: number;
  /** The most tokens that can be saved up. */
  readonly burst: number;
}

/** `tokens` were there at `at`; below 0 they are owed. */
export interface Level {
  readonly tokens: number;
  readonly at: number;
}

/** Sums of fractions miss a whole number by parts of 10^-12; nobody must wait for those. */
const rounding = 1e-9;

export function levelAt(level: Level, limits: BucketLimits, now: number): Level {
  const gained = ((now - level.at) / 1000) * limits.rate;
  return { tokens: Math.min(limits.burst, level.tokens + gained), at: now };
}

/** Milliseconds from `level.at` until `n` can be served; more than the burst is served when the bucket is full. */
export function waitFor(n: number, level: Level, limits: BucketLimits): number {
  const lacks = Math.min(n, limits.burst) - level.tokens;
  return lacks <= rounding ? 0 : (lacks / limits.rate) * 1000;
}

/** Whole milliseconds from `level.at` until the last of `wanted`, served one after the other, gets its tokens. */
export function waitBehind(wanted: readonly number[], level: Level, limits: BucketLimits): number {
  let current = level;
  for (const n of wanted) {
    const wait = waitFor(n, current, limits);
    if (wait === Infinity) return Infinity;
    const served = levelAt(current, limits, current.at + wait);
    current = { tokens: served.tokens - n, at: served.at };
  }
  return Math.max(0, Math.ceil(current.at - level.at - rounding));
}

export function assertLimits({ rate, burst }: BucketLimits): void {
  if (rate >= 0 && rate < Infinity && burst > 0 && burst < Infinity) return;
  throw new RangeError(`a bucket needs a finite rate of 0 or more and a burst above 0, got ${rate} and ${burst}`);
}

export function assertAmount(n: number): void {
  if (!(n > 0 && n < Infinity)) throw new RangeError(`a number of tokens is above 0, got ${n}`);
}
