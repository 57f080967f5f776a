import type { Clock } from "../../../src/model/clock.ts";

export interface AllowanceSize {
  /** Calls at once. */
  readonly burst: number;
  /** Seconds in which as many come back. */
  readonly seconds: number;
  readonly manner: "bit by bit" | "at its end";
}

/** Calls of which there are so many for a time. */
export interface Allowance {
  /** Seconds until there is one more; 0: there is one. */
  wait(): number;
  /** Takes one that is there; how many are left. */
  take(): number;
}

/** `size` is asked at each call, so that a change counts at once. */
export function createAllowance(clock: Clock, size: () => AllowanceSize): Allowance {
  let taken = 0;
  /** When the first was taken that still counts; where they come back bit by bit: when they were counted last. */
  let since = clock.monotonic();
  const settle = (): AllowanceSize => {
    const now = clock.monotonic();
    const present = size();
    const { burst, seconds, manner } = present;
    const gone = (now - since) / 1000;
    if (manner === "bit by bit") {
      taken = Math.max(0, taken - (gone / seconds) * burst);
      since = now;
    } else if (gone >= seconds) taken = 0;
    return present;
  };
  return {
    wait() {
      const { burst, seconds, manner } = settle();
      // A thousandth of a call is rounding of the clock, no call too many.
      if (taken + 1 <= burst + 1e-3) return 0;
      if (manner === "bit by bit") return ((taken + 1 - burst) / burst) * seconds;
      return seconds - (clock.monotonic() - since) / 1000;
    },
    take() {
      const { burst } = settle();
      if (taken === 0) since = clock.monotonic();
      taken += 1;
      return Math.max(0, Math.floor(burst - taken + 1e-3));
    },
  };
}
