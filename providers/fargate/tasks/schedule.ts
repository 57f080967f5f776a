/** Which tasks are described next, and how often: few calls for many tasks that run, quick news of those that change. Pure. */
import type { TaskState } from "../../../src/provider.ts";
import type { KnownTask } from "./known-tasks.ts";

/** DescribeTasks takes so many. */
const batchSize = 100;

interface Pace {
  /** Milliseconds between two looks at a task, at least. */
  readonly ms: number;
  /** What all of them may use of DescribeTasks' 20 calls a second, which it shares with ListTasks. */
  readonly callsPerSecond: number;
}

/** `busy`: tasks that start or stop. `checked`: those of whose containers ECS checks the health. */
type Group = "busy" | "checked" | "steady";

const running: Pace = { ms: 5_000, callsPerSecond: 2 };

/** `polled`: descriptions alone tell of changes. `pushed`: events do, but for health, and what they leave out is found. */
const paces = {
  polled: { busy: { ms: 1_000, callsPerSecond: 8 }, checked: running, steady: running },
  pushed: {
    busy: { ms: 10_000, callsPerSecond: 1 },
    checked: running,
    steady: { ms: 60_000, callsPerSecond: 0.25 },
  },
} as const satisfies Record<string, Readonly<Record<Group, Pace>>>;

export type Feeding = keyof typeof paces;

/** Nobody starts for longer without a reason: an image of many gigabytes, an init container that works for hours. */
const BUSY_FOR_MS = 180_000;

/** Milliseconds between two looks at each of `count` tasks, when all of them together may use so many calls a second. */
function interval(count: number, { ms, callsPerSecond }: Pace): number {
  return Math.max(ms, (Math.ceil(count / batchSize) / callsPerSecond) * 1000);
}

const isBusy = ({ phase }: TaskState): boolean => phase === "starting" || phase === "stopping";

/** Batches of ARNs to describe now; a batch that is not full takes along what would be due next. */
export function dueBatches(
  tasks: Iterable<KnownTask>,
  now: number,
  feeding: Feeding = "polled",
): readonly (readonly string[])[] {
  const groupOf = ({ state, since, isChecked }: KnownTask): Group => {
    if (feeding === "pushed" && isChecked) return "checked";
    return isBusy(state) && now - since < BUSY_FOR_MS ? "busy" : "steady";
  };
  const live = [...tasks]
    .filter(({ state }) => state.phase !== "stopped")
    .map((task) => ({ ...task, group: groupOf(task) }));
  const intervalOf = (group: Group): number =>
    interval(live.filter((task) => task.group === group).length, paces[feeding][group]);
  const every = { busy: intervalOf("busy"), checked: intervalOf("checked"), steady: intervalOf("steady") };
  const planned = live
    .map(({ arn, seenAt, group }) => ({ arn, at: seenAt + every[group] }))
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
