/** What the kubelet API may see of the pods of one node (`src/kubelet/pod-lookup.ts`): memory alone. */
import type { Pod } from "../provider.ts";
import { recordOf } from "./plan/world.ts";
import type { PodStore, TaskStore } from "./stores.ts";

export function createLookup(pods: PodStore, tasks: TaskStore) {
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
      return { pod, task: ref, containers: task?.containers ?? [] };
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
