import type { Clock } from "../../../src/provider.ts";

/** The time that is left to something which is to end: a later call may shorten it, and none lengthens it. */
export interface Grace {
  /** Over at once where it is 0. */
  shorten(seconds: number): void;
  /** Nothing is waited for any more. */
  cancel(): void;
}

export function createGrace(clock: Pick<Clock, "monotonic" | "after">, over: () => void): Grace {
  let until = Infinity;
  let forget = (): void => undefined;
  return {
    shorten(seconds) {
      const wanted = clock.monotonic() + seconds * 1_000;
      if (wanted >= until) return;
      until = wanted;
      forget();
      if (seconds <= 0) over();
      else forget = clock.after(seconds * 1_000, over);
    },
    cancel: () => forget(),
  };
}
