/** What is to be done about a group of our own accord, whatever the core asks for. Pure. */
import { isToEnd } from "./first-end.ts";
import type { KnownGroup } from "./known-groups.ts";
import type { ScheduledGroup } from "./schedule.ts";

/** A group that could not be provisioned goes on trying for ever; so long it may. */
export const FAILED_FOR_MS = 300_000;
/** A stop or deletion that shows no effect by then is asked for again. */
export const AGAIN_MS = 30_000;

/** Milliseconds since the end of a group was last asked for; `Infinity`: it was not. */
export function sinceAsked({ ending }: KnownGroup, now: number): number {
  return ending === undefined ? Infinity : now - ending.at;
}

/**
 * `stop`: under Never a container runs again, or one has failed and Azure may run it again: what has ended must stay so.
 * `delete`: it was not provisioned within our time; the core starts it anew once it is gone, so that it never runs twice.
 */
export function dutyOf(known: KnownGroup, now: number): "stop" | "delete" | undefined {
  const { state, group, failedAt, removed } = known;
  if (removed === true || sinceAsked(known, now) < AGAIN_MS) return undefined;
  if (failedAt !== undefined && now - failedAt >= FAILED_FOR_MS) return "delete";
  if (state.phase === "stopped") return mayStillFail(known) ? "stop" : undefined;
  return isToEnd(group) ? "stop" : undefined;
}

/** How the group is to be looked at. One that is to be ended, or is being deleted, is looked at although it has stopped. */
export function scheduled(known: KnownGroup): ScheduledGroup {
  const { name, state, since, seenAt, ending, removed } = known;
  const isLeaving = ending !== undefined && (ending.by === "delete" || state.phase !== "stopped");
  const isOpen = removed !== true && (isLeaving || mayStillFail(known));
  return {
    name,
    phase: removed === true ? "stopped" : isOpen ? "stopping" : state.phase,
    mayEnd: known.group.properties?.restartPolicy !== "Always",
    since: Math.max(since, ending?.at ?? 0),
    seenAt,
  };
}

/** Ended under Never with a failure, and nobody has ended the group for good. */
function mayStillFail({ state, group, ending }: KnownGroup): boolean {
  const { restartPolicy, instanceView } = group.properties ?? {};
  if (state.phase !== "stopped" || restartPolicy !== "Never" || ending !== undefined) return false;
  const hasFailed = state.containers.some(({ state: run }) => run.is === "terminated" && run.exitCode !== 0);
  return hasFailed && instanceView?.state !== "Stopped";
}
