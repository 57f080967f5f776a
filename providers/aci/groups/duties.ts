/** What is to be done about a group of our own accord, whatever the core asks for. Pure. */
import { isToEnd } from "./first-end.ts";
import type { KnownGroup } from "./known-groups.ts";
import type { ScheduledGroup } from "./schedule.ts";

/** A group that could not be provisioned goes on trying for ever; so long it may. */
export const FAILED_FOR_MS = 300_000;
/** A stop or deletion that shows no effect by then is asked for again. */
const AGAIN_MS = 30_000;

/**
 * Has the end of the group been asked for, and may it still show its effect? It is asked for again only once somebody has
 * looked since and found none: each deletion costs one of the few that Azure allows, and looks are rare when many end.
 */
export function isEnding({ ending, askedAt }: KnownGroup, now: number): boolean {
  return ending !== undefined && (now - ending.at < AGAIN_MS || askedAt <= ending.at);
}

/**
 * `stop`: under Never a container runs again, or one has failed and Azure may run it again: what has ended must stay so.
 * `delete`: it was not provisioned within our time; the core starts it anew once it is gone, so that it never runs twice.
 */
export function dutyOf(known: KnownGroup, now: number): "stop" | "delete" | undefined {
  const { state, group, failedAt, removed } = known;
  if (removed === true || isEnding(known, now)) return undefined;
  if (failedAt !== undefined && now - failedAt >= FAILED_FOR_MS) return "delete";
  if (state.phase === "stopped") return mayStillFail(known) ? "stop" : undefined;
  return isToEnd(group) ? "stop" : undefined;
}

/** How the group is to be looked at. One that is to be ended, or is being deleted, is looked at although it has stopped. */
export function scheduled(known: KnownGroup): ScheduledGroup {
  const { name, state, since, seenAt, ending, farewell, removed } = known;
  const isLeaving = ending !== undefined && (ending.by === "delete" || state.phase !== "stopped");
  const isAsked = farewell !== undefined && state.phase !== "stopped";
  const isOpen = removed !== true && (isLeaving || isAsked || mayStillFail(known));
  return {
    name,
    phase: removed === true ? "stopped" : isOpen ? "stopping" : state.phase,
    mayEnd: known.group.properties?.restartPolicy !== "Always",
    since: Math.max(since, farewell?.at ?? 0, ending?.at ?? 0),
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
