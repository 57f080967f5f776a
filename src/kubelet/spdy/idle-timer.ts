import type { Clock } from "../../provider.ts";

export interface IdleTimer {
  /** Something has happened: the time starts anew. */
  touch(): void;
  stop(): void;
}

/** Calls `onIdle` once, after `ms` without a touch. A touch costs no timer: it is looked at when the timer fires. */
export function idleTimer(clock: Clock, ms: number, onIdle: () => void): IdleTimer {
  let touched = clock.monotonic();
  let cancel = clock.after(ms, check);

  function check(): void {
    const left = touched + ms - clock.monotonic();
    if (left <= 0) return onIdle();
    cancel = clock.after(left, check);
  }

  return { touch: () => void (touched = clock.monotonic()), stop: () => cancel() };
}
