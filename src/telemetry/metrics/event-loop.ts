import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock } from "../../model/clock.ts";

/** Seconds. `quantile` as a label's value: 1 is the longest. */
export type LoopDelay = readonly { readonly quantile: "0.5" | "0.99" | "1"; readonly seconds: number }[];

/** A timer so often, by libuv, costs a millisecond or two of CPU a minute. */
const resolutionMs = 20;
/** Several nodes and scrapers read it: whoever comes first must not take the window from the others. */
const windowMs = 15_000;

/** Measures from now on; the returned function tells the last finished window, or the present one while it is the first. */
export function watchEventLoop(clock: Clock): () => LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  let since = clock.monotonic();
  let finished: LoopDelay | undefined;

  const look = (): LoopDelay => [
    { quantile: "0.5", seconds: late(histogram.percentile(50)) },
    { quantile: "0.99", seconds: late(histogram.percentile(99)) },
    { quantile: "1", seconds: late(histogram.max) },
  ];
  return () => {
    if (clock.monotonic() - since < windowMs) return finished ?? look();
    finished = look();
    histogram.reset();
    since = clock.monotonic();
    return finished;
  };
}

/** Node counts from timer to timer, so the timer's own period is in every figure. */
function late(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - resolutionMs / 1e3);
}
