/**
 * THE decision: the world of one pod → the one next action. Pure and total; every rule of a pod's life starts here.
 * Running pods are decided in this file, ending ones in `ending.ts`; what a status would say is `report.ts`.
 */
import type { Pod } from "../../model/kube.ts";
import type { TaskState } from "../../model/task-state.ts";
import type { Action } from "./action.ts";
import { additionDue } from "./live/addition.ts";
import { type DueRestart, dueRestarts, isFinished, startBackOffMs } from "./attempts.ts";
import { planEnding, planOrphan, planTerminated, stopDue } from "./ending.ts";
import { refreshDue } from "./live/refresh.ts";
import { resizeDue } from "./live/resize.ts";
import { heldUp, onError } from "./on-error.ts";
import { nodeRefusal, refusalStory } from "./refuse.ts";
import { report, type Story, storyOf } from "./report.ts";
import { startupDue } from "./live/startup.ts";
import { unhealthyDue } from "./live/unhealthy.ts";
import { deadlineOf, isUnsent, memoryOf, type View, viewOf } from "./view.ts";
import type { AttemptRecord, World } from "./world.ts";
import { mayRunAgain, restartPolicyOf } from "../../status/may-run-again.ts";

const RESTART_AGAIN_MS = 10_000;
/** A younger record is never written anew, however short the provider's memory. */
const RENEW_RECORD_MS = 30_000;

export function plan(world: World): Action {
  const { pod } = world;
  if (pod === undefined) return planOrphan(world);
  const view = viewOf(world, pod);
  switch (view.life.is) {
    case "running":
      return planRunning(world, view);
    case "terminating":
      return planEnding(world, view, view.life);
    case "terminated":
      return planTerminated(world, view);
  }
}

function planRunning(world: World, view: View): Action {
  const refusal = nodeRefusal(view.pod, world.node);
  // What has been launched runs on, whatever the configuration says by now.
  if (refusal !== undefined && view.record === undefined) {
    return report(world, view, refusalStory(view.pod, [refusal])) ?? { do: "wait" };
  }
  if (view.task !== undefined) return planLive(world, view, view.task);
  if (view.record !== undefined && !world.tasksKnown) {
    // Of a record that we have just written nothing has been started: what it waits for may be said.
    const { providerTrouble: waiting } = world;
    if (waiting === undefined || !isUnsent(view.record, world)) return { do: "wait" };
    return report(world, view, storyOf(view, { waiting })) ?? { do: "wait" };
  }
  const omit = view.record === undefined ? [] : completed(view.pod);
  return planLaunch(world, view, { attempt: view.record?.attempt ?? 1, omit }, {});
}

interface NextLaunch {
  readonly attempt: number;
  readonly omit: readonly string[];
}

/** Towards a running task: prepare → record → launch. `told`: what the status says beside what holds the launch up. */
function planLaunch(world: World, view: View, next: NextLaunch, told: Story): Action {
  const { notes, now } = world;
  const { pod, record } = view;
  const prepared = notes.prepared;
  const fresh = prepared?.generation === (pod.metadata?.generation ?? 0) && prepared.attempt === next.attempt;
  if (!fresh) return { do: "prepare", ...next };
  if (prepared.is === "refused") {
    return report(world, view, refusalStory(pod, prepared.refusals)) ?? { do: "wait" };
  }
  if (prepared.is === "missing") {
    if (prepared.retryAt <= now) return { do: "prepare", ...next };
    const story = storyOf(view, { ...told, waiting: { reason: prepared.reason, message: prepared.message } });
    return report(world, view, story) ?? { do: "wait", until: soonest(prepared.retryAt, deadline(view)) };
  }
  const recorded = record?.attempt === next.attempt ? record : undefined;
  const trouble = notes.troubles?.launch;
  const waiting = trouble === undefined ? undefined : heldUp(trouble);
  const story = storyOf(view, { ...told, ...(waiting !== undefined && { waiting }) });
  if (trouble !== undefined) {
    const { error, retryAt } = trouble;
    const { retry } = onError[error.kind];
    if (retry === "never") {
      const refusal = { path: "", sentence: error.message };
      return report(world, view, refusalStory(pod, [refusal], error.reason)) ?? { do: "wait" };
    }
    if (retryAt > now) return report(world, view, story) ?? { do: "wait", until: soonest(retryAt, deadline(view)) };
    if (retry === "next" && recorded !== undefined && trouble.try === recorded.try) {
      return { do: "record", attempt: next.attempt, try: recorded.try + 1, story };
    }
  }
  if (recorded === undefined) return { do: "record", attempt: next.attempt, try: 1, story: storyOf(view, {}) };
  if (needsRenewal(world, recorded)) return { do: "record", attempt: next.attempt, try: recorded.try, story };
  return { do: "launch", attempt: recorded.attempt, try: recorded.try };
}

/**
 * A record is worth its provider's memory only: one whose try has surely started nothing yet is written anew in time,
 * or a pod that waited too long for permission would look like one whose outcome nobody knows.
 */
function needsRenewal(world: World, recorded: AttemptRecord): boolean {
  const age = world.now - (recorded.recordedAt ?? world.now);
  return isUnsent(recorded, world) && age > Math.max(RENEW_RECORD_MS, memoryOf(recorded, world) * 500);
}

/** A task exists (or is lost): tell what changed, clear what is older, restart what is due. */
function planLive(world: World, view: View, task: NonNullable<View["task"]>): Action {
  const { now, notes, provider } = world;
  const older = world.tasks.find((one) => one.identity.attempt < task.identity.attempt);
  const clearing = older === undefined ? undefined : stopDue(world, older.identity.attempt, now, true);
  if (clearing?.do === "stop") return clearing;
  const earlier = view.record?.earlierRestarts ?? {};
  const counted = (one: { name: string; instance: number }) =>
    (earlier[one.name] ?? 0) + one.instance - (notes.calm?.get(one.name) ?? 0);
  const dues = dueRestarts(view.spec, task, counted, view.record?.recordedAt ?? now);
  const backOffs = new Map(dues.map((due) => [due.container, due.wait] as const));
  // Before the status: one that tells of a resize is written once, when it is done or has failed.
  const resizing = view.lost ? undefined : resizeDue(world, view.pod, task);
  if (resizing?.do === "resize") return resizing;
  // The end of this attempt is told before the next begins: the record of the next one is made from it.
  const told = report(world, view, storyOf(view, { backOffs }));
  if (told !== undefined) return told;
  const unhealthy = view.lost ? undefined : unhealthyDue(world, view.spec, task);
  if (unhealthy !== undefined && unhealthy.do !== "wait") return unhealthy;
  const startup = view.lost ? undefined : startupDue(world, view.spec, task);
  if (startup !== undefined && startup.do !== "wait") return startup;
  const adding = view.lost ? undefined : additionDue(world, view.pod, task);
  if (adding?.do === "add") return adding;
  const refresh = view.lost ? undefined : refreshDue(world, view.pod, task);
  if (refresh?.do === "update") return refresh;
  const times = [clearing, unhealthy, startup, adding, refresh, resizing].map((one) =>
    one?.do === "wait" ? one.until : undefined,
  );
  const lookAt = soonest(...times);
  if (provider.restarts === "container" && provider.canRestart && !view.lost) {
    return planRestart(world, view, dues, lookAt);
  }
  if (task.phase !== "stopped") return { do: "wait", until: soonest(deadline(view), lookAt) };
  const at = nextAttemptAt(view, task, dues) ?? Infinity;
  if (at === Infinity) return { do: "wait", until: soonest(deadline(view), lookAt) };
  if (at > now) return { do: "wait", until: soonest(at, deadline(view), lookAt) };
  return planLaunch(world, view, { attempt: task.identity.attempt + 1, omit: completed(view.pod) }, { backOffs });
}

function planRestart(world: World, view: View, dues: readonly DueRestart[], lookAt: number | undefined): Action {
  const { now, notes } = world;
  const trouble = notes.troubles?.restart?.retryAt ?? 0;
  const times = dues.map((due) => ({ due, at: Math.max(due.at, trouble, sentUntil(due, world)) }));
  const ready = times.find(({ at }) => at <= now);
  if (ready === undefined) return { do: "wait", until: soonest(deadline(view), lookAt, ...times.map(({ at }) => at)) };
  const { container, instance } = ready.due;
  return { do: "restart", attempt: view.record?.attempt ?? 1, container, instance };
}

/**
 * When a stopped task is followed by another attempt: once all that ended may run again, or after a back-off where
 * something never ran, e.g. because its image could not be pulled; such a start is no restart of any container.
 */
function nextAttemptAt({ record, spec }: View, task: TaskState, dues: readonly DueRestart[]): number | undefined {
  if (dues.length > 0) return Math.max(...dues.map(({ at }) => at));
  const unstarted = task.containers.some(({ kind, state }) => kind !== "ephemeral" && state.is === "waiting");
  if (!unstarted || record?.recordedAt === undefined || isFinished(spec, task)) return undefined;
  const restarts = Math.max(0, ...Object.values(record.earlierRestarts));
  return (task.endedAt ?? record.recordedAt) + startBackOffMs(record.attempt - restarts);
}

/** A restart that was sent shows in the feed soon; only when it does not, it is sent again. */
function sentUntil(due: DueRestart, { notes }: World): number {
  const sent = notes.restarts?.get(due.container);
  return sent?.instance === due.instance ? sent.sentAt + RESTART_AGAIN_MS : 0;
}

/** Main containers that have ended and may not run again in another attempt: the API server forbids it. */
function completed(pod: Pod): string[] {
  return (pod.status?.containerStatuses ?? []).flatMap(({ name, state }) => {
    const end = state?.terminated;
    return end === undefined || mayRunAgain("main", restartPolicyOf(pod.spec, name), end.exitCode) ? [] : [name];
  });
}

function deadline(view: View): number | undefined {
  return deadlineOf(view.pod, view.spec);
}

function soonest(...times: (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
