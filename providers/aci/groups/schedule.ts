/**
 * Which groups are read next, and how often. Azure tells the states of one group by one GET, and allows 25 reads a second
 * after a burst of 250, of which others need some: lists, logs, and whoever else uses the subscription. Pure.
 */
import type { TaskState } from "../../../src/provider.ts";

/** GETs a second for all groups together. */
const BUDGET = 19;

/** Starts, stops: a pod is waited for. */
const BUSY_MS = 2_000;
/** May end by itself, under Never and OnFailure: a Job is waited for. */
const ENDING_MS = 5_000;
/** Runs for ever: only trouble is waited for. As much as keeps all of them known within a minute, while the budget lasts. */
const STEADY_MS = 45_000;
const STEADY_PER_SECOND = 12;

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

/** Names of the groups to read now, the longest overdue first. Those that have stopped are read no more. */
export function dueGroups(groups: Iterable<ScheduledGroup>, now: number): readonly string[] {
  return planned(groups, now).flatMap(({ name, at }) => (at <= now ? [name] : []));
}

/** Milliseconds until the next group is due; `undefined`: there is none. */
export function nextDue(groups: Iterable<ScheduledGroup>, now: number): number | undefined {
  const [first] = planned(groups, now);
  return first && Math.max(0, first.at - now);
}

function planned(
  groups: Iterable<ScheduledGroup>,
  now: number,
): readonly { readonly name: string; readonly at: number }[] {
  const live = [...groups]
    .filter(({ phase }) => phase !== "stopped")
    .map((group) => ({ group, pace: paceOf(group, now) }));
  const count = (pace: Pace): number => live.filter((one) => one.pace === pace).length;
  const intervals = intervalsOf({ busy: count("busy"), ending: count("ending"), steady: count("steady") });
  return live
    .map(({ group, pace }) => ({ name: group.name, at: group.seenAt + intervals[pace] }))
    .toSorted((a, b) => a.at - b.at);
}

function paceOf({ phase, mayEnd, since }: ScheduledGroup, now: number): Pace {
  const isBusy = phase === "starting" || phase === "stopping";
  if (isBusy && now - since < BUSY_FOR_MS) return "busy";
  return mayEnd ? "ending" : "steady";
}

/** Milliseconds between two looks at a group, so that all of them together stay within the budget. */
export function intervalsOf(count: Readonly<Record<Pace, number>>): Readonly<Record<Pace, number>> {
  const steady = Math.max(STEADY_MS, (count.steady / STEADY_PER_SECOND) * 1000);
  const left = BUDGET - (count.steady / steady) * 1000;
  const wanted = (count.busy / BUSY_MS + count.ending / ENDING_MS) * 1000;
  const stretch = Math.max(1, wanted / left);
  return { steady, busy: BUSY_MS * stretch, ending: ENDING_MS * stretch };
}
