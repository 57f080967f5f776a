/** Groups are read at different moments, and told of as of one minute: a sum of different minutes would be that of none. Pure. */
import type { TaskState, TaskStats } from "../../../../src/provider.ts";
import { type Meter, minuteMs } from "./meter.ts";

/** By container, the oldest first. */
export type Meters = ReadonlyMap<string, readonly Meter[]>;

/** How far one group may hold back the others. */
const mostBehindMs = 2 * minuteMs;

/** The last minute, by its end, that is known of all groups but of those that are far behind. Never before `last`. */
export function commonMinute(groups: Iterable<Meters>, last: number): number {
  const ends = [...groups].map((meters) => latest([...meters.values()].map((all) => all.at(-1)?.until ?? 0)));
  const newest = latest(ends);
  const near = ends.filter((one) => one >= newest - mostBehindMs);
  return Math.max(
    last,
    near.reduce((least, one) => Math.min(least, one), newest),
  );
}

function latest(times: readonly number[]): number {
  return times.reduce((most, one) => Math.max(most, one), 0);
}

/**
 * Containers that ran in that minute; one that runs and of which less is known, as of what is known since `since`. `undefined`: of
 * none.
 */
export function statsAt(state: TaskState, meters: Meters, minute: number, since: number): TaskStats | undefined {
  const containers = state.containers.flatMap(({ name, state: { is } }) => {
    const known = (meters.get(name) ?? []).filter(({ until }) => until <= minute && until >= since);
    const meter = known.at(-1);
    if (meter === undefined || (meter.until < minute && is !== "running")) return [];
    const { until, startedAt, cpuSeconds, memoryBytes } = meter;
    return [{ name, time: until, startedAt, cpuSeconds, memoryBytes }];
  });
  return containers.length === 0 ? undefined : { identity: state.identity, containers };
}
