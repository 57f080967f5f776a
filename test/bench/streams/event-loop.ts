/**
 * Loaded into burstlet by `node --import`: at each SIGUSR2 it writes how late the event loop was since the last one into
 * $BURSTLET_BENCH_LOOP, as JSON, milliseconds.
 */
import { renameSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** A timer of this many milliseconds is watched; what it measures includes the wait itself. */
const resolution = 5;

const histogram = monitorEventLoopDelay({ resolution });
histogram.enable();
process.on("SIGUSR2", () => {
  const file = process.env["BURSTLET_BENCH_LOOP"] ?? "";
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolution);
  const delay: LoopDelay = {
    p50: late(histogram.percentile(50)),
    p99: late(histogram.percentile(99)),
    max: late(histogram.max),
  };
  histogram.reset();
  writeFileSync(`${file}.new`, JSON.stringify(delay));
  renameSync(`${file}.new`, file);
});
