/** What the kubelet API may see of the pods of one node (`src/kubelet/pod-lookup.ts`): memory alone. */
import { annotations } from "../model/annotations.ts";
import type { Pod, TaskRef } from "../provider.ts";
import { recordOf } from "./plan/world.ts";
import type { PodStore, TaskStore } from "./stores.ts";

export function createLookup(pods: PodStore, tasks: TaskStore, clusterUid: string) {
  const taskOf = (pod: Pod) => {
    const attempt = recordOf(pod)?.attempt;
    return tasks.of(pod.metadata?.uid ?? "").find((task) => task.identity.attempt === attempt);
  };
  const running = (): readonly Pod[] =>
    [...pods.values()].filter((pod) => {
      const phase = taskOf(pod)?.phase;
      return pod.metadata?.deletionTimestamp === undefined && (phase === "running" || phase === "starting");
    });
  return {
    list: (): readonly Pod[] => [...pods.values()],
    running,
    find(namespace: string, name: string) {
      const pod = pods.byName(namespace, name);
      if (pod === undefined) return undefined;
      const task = taskOf(pod);
      const ref = task === undefined ? undefined : { identity: task.identity, id: task.id };
      return { pod, task: ref, recorded: recordedTask(pod, clusterUid), containers: task?.containers ?? [] };
    },
    /** How many pods have a live task, and how many of all containers are in which of the kubelet's states. */
    population() {
      const containers = { running: 0, exited: 0, unknown: 0 };
      for (const pod of pods.values()) {
        for (const { state } of taskOf(pod)?.containers ?? []) {
          if (state.is === "running") containers.running += 1;
          else if (state.is === "terminated") containers[state.exitCode === undefined ? "unknown" : "exited"] += 1;
        }
      }
      return { pods: running().length, containers };
    },
  };
}

function recordedTask(
  pod: Pod,
  clusterUid: string,
): { task: TaskRef; earlierRestarts: Readonly<Record<string, number>> } | undefined {
  const record = recordOf(pod);
  if (record === undefined) return undefined;
  const { uid: podUid = "", annotations: notes } = pod.metadata ?? {};
  const task = { identity: { clusterUid, podUid, attempt: record.attempt }, id: notes?.[annotations.task] };
  return { task, earlierRestarts: record.earlierRestarts };
}
