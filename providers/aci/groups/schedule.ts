/**
 * Which groups are read next, and how often. Azure tells the states of one group by one GET, and allows 25 reads a second
 * after a burst of 250, of which others need some: lists, logs, and whoever else uses the subscription. Pure.
 */
import type { TaskState } from "../../../src/provider.ts";

/** GETs a second for all groups together. */
export const BUDGET = 19;

/** Starts, stops: a pod is waited for. */
const BUSY_MS = 2_000;
/** May end by itself, under Never and OnFailure: a Job is waited for. */
const ENDING_MS = 5_000;
/** Runs for ever: only trouble is waited for. So many GETs a second keep 500 of them known within a minute. */
const STEADY_MS = 10_000;
export const STEADY_PER_SECOND = 11;

/** Nobody starts for longer without a reason: Azure itself gives up after half an hour. */
const BUSY_FOR_MS = 300_000;

export interface ScheduledGroup {
  readonly name: string;
  readonly phase: TaskState["phase"];
  readonly mayEnd: boolean;
  /** Monotonic milliseconds: when it came into this phase, and when it was last read. */
  readonly since: number;
  readonly seenAt: number;
}

type Pace = "busy" | "ending" | "steady";

/** Names of groups to read, the longest overdue first. Those that have stopped are read no more. */
export interface Due {
  readonly quick: readonly string[];
  /** Of which no more than `STEADY_PER_SECOND` are to be read. */
  readonly steady: readonly string[];
}

export function dueGroups(groups: Iterable<ScheduledGroup>, now: number): Due {
  const live = [...groups]
    .filter(({ phase }) => phase !== "stopped")
    .map((group) => ({ group, pace: paceOf(group, now) }));
  const count = (pace: Pace): number => live.filter((one) => one.pace === pace).length;
  const intervals = intervalsOf({ busy: count("busy"), ending: count("ending"), steady: count("steady") });
  const due = live
    .map(({ group, pace }) => ({ name: group.name, pace, at: group.seenAt + intervals[pace] }))
    .filter(({ at }) => at <= now)
    .toSorted((a, b) => a.at - b.at);
  return {
    quick: due.flatMap(({ name, pace }) => (pace === "steady" ? [] : [name])),
    steady: due.flatMap(({ name, pace }) => (pace === "steady" ? [name] : [])),
  };
}

function paceOf({ phase, mayEnd, since }: ScheduledGroup, now: number): Pace {
  const isBusy = phase === "starting" || phase === "stopping";
  if (isBusy && now - since < BUSY_FOR_MS) return "busy";
  return mayEnd ? "ending" : "steady";
}

/** Milliseconds between two looks at a group: those that start, stop or end share what the steady ones leave. */
export function intervalsOf(count: Readonly<Record<Pace, number>>): Readonly<Record<Pace, number>> {
  const left = BUDGET - Math.min(STEADY_PER_SECOND, (count.steady / STEADY_MS) * 1000);
  const wanted = (count.busy / BUSY_MS + count.ending / ENDING_MS) * 1000;
  const stretch = Math.max(1, wanted / left);
  return { steady: STEADY_MS, busy: BUSY_MS * stretch, ending: ENDING_MS * stretch };
}
