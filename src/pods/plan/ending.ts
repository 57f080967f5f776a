/** How a pod ends: stop the task, record the final states, remove the object, discard what the cloud keeps. Pure. */
import type { Action } from "./action.ts";
import { report, storyOf } from "./report.ts";
import { isUnsent, type Life, orphanKillAt, type View } from "./view.ts";
import type { World } from "./world.ts";

/** A stop is sent again after this long without an end: the cloud may have forgotten it. */
const STOP_AGAIN_MS = 5_000;

type Terminating = Extract<Life, { is: "terminating" }>;

export function planEnding(world: World, view: View, life: Terminating): Action {
  const { task, record, lost } = view;
  const story = storyOf(view, { closing: true, ended: life.words });
  if (task === undefined) {
    if (record !== undefined) {
      // The launch may have happened although nobody has seen the task: only the provider can say that it has not.
      if (!world.tasksKnown) return { do: "wait" };
      if (!isUnsent(record, world) && world.notes.gone !== record.attempt)
        return stopDue(world, record.attempt, life.killAt, false);
    }
    if (life.why === "deleted") return { do: "remove" };
    return report(world, view, story) ?? { do: "wait" };
  }
  if (task.phase !== "stopped" && !lost) {
    const stop = stopDue(world, task.identity.attempt, life.killAt, false);
    if (stop.do === "stop") return stop;
    return report(world, view, storyOf(view, {})) ?? stop;
  }
  // A pod that was deleted before any status was written has nothing to record.
  return report(world, view, story) ?? (life.why === "deleted" ? { do: "remove" } : { do: "wait" });
}

/** The API server shows the end. The object goes when its deletion is asked for; the task must not outlive it. */
export function planTerminated(world: World, view: View): Action {
  const alive = world.tasks.find((task) => task.phase !== "stopped");
  if (alive !== undefined) return stopDue(world, alive.identity.attempt, orphanKillAt(view.pod, world.now), false);
  if (view.pod.metadata?.deletionTimestamp !== undefined) return { do: "remove" };
  return { do: "wait" };
}

/** No pod has this uid any more: whatever still runs or is kept under it goes. */
export function planOrphan(world: World): Action {
  const task = world.tasks.find((one) => one.phase !== "stopped") ?? world.tasks[0];
  if (task === undefined) return { do: "wait" };
  const killAt = world.notes.orphanKillAt ?? orphanKillAt(undefined, world.now);
  return stopDue(world, task.identity.attempt, killAt, true);
}

/** A stop, unless the same one was sent a moment ago or the provider is in trouble: then a wait. */
export function stopDue(world: World, attempt: number, killAt: number, discard: boolean): Action {
  const { notes, now } = world;
  const trouble = notes.troubles?.stop;
  if (trouble !== undefined && trouble.retryAt > now) return { do: "wait", until: trouble.retryAt };
  const sent = notes.stops?.get(attempt);
  const stopped = world.tasks.find((task) => task.identity.attempt === attempt)?.phase === "stopped";
  const again = sent === undefined || killAt < sent.killAt || now - sent.sentAt >= STOP_AGAIN_MS;
  // A stopped task that is to be discarded needs the second call at once.
  if (again || (discard && stopped && !sent.discard))
    return { do: "stop", attempt, killAt, discard: discard && stopped };
  return { do: "wait", until: sent.sentAt + STOP_AGAIN_MS };
}
