/** Which tasks are described next, and how often: few calls for many tasks that run, quick news of those that change. Pure. */
import type { TaskState } from "../../../src/provider.ts";
import type { KnownTask } from "./known-tasks.ts";

/** DescribeTasks takes so many. */
const batchSize = 100;

/** Of DescribeTasks' 20 calls a second, which it shares with ListTasks, what tasks that merely run may use. */
const STEADY_CALLS_PER_SECOND = 2;
/** And what those that start or stop may use. */
const BUSY_CALLS_PER_SECOND = 8;
const STEADY_MS = 5_000;
const BUSY_MS = 1_000;
/** Nobody starts for longer without a reason: an image of many gigabytes, an init container that works for hours. */
const BUSY_FOR_MS = 180_000;

/** Milliseconds between two looks at each of `count` tasks, when all of them together may use so many calls a second. */
function interval(count: number, shortest: number, callsPerSecond: number): number {
  return Math.max(shortest, (Math.ceil(count / batchSize) / callsPerSecond) * 1000);
}

const isBusy = ({ phase }: TaskState): boolean => phase === "starting" || phase === "stopping";

/** Batches of ARNs to describe now; a batch that is not full takes along what would be due next. */
export function dueBatches(tasks: Iterable<KnownTask>, now: number): readonly (readonly string[])[] {
  const live = [...tasks].filter(({ state }) => state.phase !== "stopped");
  const busy = live.filter(({ state, since }) => isBusy(state) && now - since < BUSY_FOR_MS);
  const busyMs = interval(busy.length, BUSY_MS, BUSY_CALLS_PER_SECOND);
  const steadyMs = interval(live.length - busy.length, STEADY_MS, STEADY_CALLS_PER_SECOND);
  const quick = new Set(busy);
  const planned = live
    .map((task) => ({ arn: task.arn, at: task.seenAt + (quick.has(task) ? busyMs : steadyMs) }))
    .toSorted((a, b) => a.at - b.at);
  const due = planned.filter(({ at }) => at <= now).length;
  const arns = planned.slice(0, Math.ceil(due / batchSize) * batchSize).map(({ arn }) => arn);
  return batches(arns);
}

export function batches<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / batchSize) }, (_, index) =>
    all.slice(index * batchSize, (index + 1) * batchSize),
  );
}
