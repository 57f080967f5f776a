import type { Clock } from "../../src/model/clock.ts";

/** A bucket of tokens as AWS describes it: `burst` tokens at most, `rate` new ones each second. */
export interface BucketSize {
  readonly burst: number;
  readonly rate: number;
}

export interface Bucket {
  /** Takes `count` tokens, or none and answers false. */
  take(count?: number): boolean;
  /** Gives back what was taken for nothing, because another bucket had none. */
  give(count?: number): void;
}

/** `size` is asked at each call, so that a quota that rises counts at once. */
export function createBucket(clock: Clock, size: () => BucketSize): Bucket {
  let tokens = size().burst;
  let at = clock.monotonic();
  const fill = (): void => {
    const { burst, rate } = size();
    const now = clock.monotonic();
    tokens = Math.min(burst, tokens + ((now - at) / 1000) * rate);
    at = now;
  };
  return {
    take(count = 1) {
      fill();
      // A thousandth of a token is rounding of the clock, no call too many.
      if (tokens + 1e-3 < count) return false;
      tokens -= count;
      return true;
    },
    give(count = 1) {
      tokens += count;
    },
  };
}
