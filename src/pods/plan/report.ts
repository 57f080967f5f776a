/** What the API server should show of a pod, and whether that is news. Pure. */
import type { PodStatus } from "../../model/kube.ts";
import type { TaskState } from "../../model/task-state.ts";
import { podStatus, type Story } from "../../status/pod-status.ts";
import { statusPatch } from "../../status/status-patch.ts";
import { resizingOf } from "./live/resize.ts";
import type { View } from "./view.ts";
import type { Addition, World } from "./world.ts";

export type { Story } from "../../status/pod-status.ts";

/** The story of this pod with what its record knows. */
export function storyOf(view: View, story: Story): Story {
  return view.record === undefined ? story : { ...story, earlierRestarts: view.record.earlierRestarts };
}

/** The action that writes this story, or `undefined` when the API server already shows it. */
export function report(
  world: World,
  view: View,
  story: Story,
): { do: "report"; story: Story; patch: Record<string, unknown> } | undefined {
  const patch = statusPatch(view.pod, statusOf(world, view, story));
  return patch === undefined ? undefined : { do: "report", story, patch };
}

const noAdditions: ReadonlyMap<string, Addition> = new Map();

function statusOf(world: World, view: View, story: Story): PodStatus {
  return podStatus({
    pod: view.pod,
    task: nothingToTell(view.task) ? undefined : view.task,
    story,
    hostIP: world.node.hostIP,
    ephemeral: world.provider.canAdd ? (world.notes.additions ?? noAdditions) : undefined,
    resizing: resizingOf(world, view.record?.attempt),
    now: world.now,
  });
}

/**
 * A task whose containers all still wait as the write-ahead record said has no news but its address, and an address
 * alone is not worth a patch: an ordinary start costs two.
 */
function nothingToTell(task: TaskState | undefined): boolean {
  return (
    task?.phase === "starting" &&
    task.containers.every(
      (one) =>
        one.state.is === "waiting" &&
        one.instance === 0 &&
        (one.state.reason === "ContainerCreating" || one.state.reason === "PodInitializing"),
    )
  );
}
