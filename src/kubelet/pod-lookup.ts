import type { ContainerState, Pod, TaskRef } from "../provider.ts";

/** What the kubelet API needs to know of the pods of one virtual node. Reads memory alone; called per request. */
export interface PodLookup {
  /** Pods bound to this node as last seen, with the status that we would send. */
  list(): readonly Pod[];
  /** Those with a live task; a terminating pod leaves this list at once. */
  running(): readonly Pod[];
  find(namespace: string, name: string): FoundPod | undefined;
}

export interface FoundPod {
  readonly pod: Pod;
  /** `undefined` while nothing was launched, and once the cloud has forgotten it. */
  readonly task: TaskRef | undefined;
  /** As the pod's own record has it, also when the cloud no longer tells of it; `undefined`: nothing was recorded. */
  readonly recorded?: Recorded | undefined;
  /** Of that task; empty without one. */
  readonly containers: readonly ContainerState[];
}

export interface Recorded {
  readonly task: TaskRef;
  /** Restarts counted before this task, by container. */
  readonly earlierRestarts: Readonly<Record<string, number>>;
}

/** The same lookup without pods of other nodes, whatever the inner one holds. */
export function ofNode(pods: PodLookup, nodeName: string): PodLookup {
  const isOurs = (pod: Pod): boolean => pod.spec?.nodeName === nodeName;
  return {
    list: () => pods.list().filter(isOurs),
    running: () => pods.running().filter(isOurs),
    find(namespace, name) {
      const found = pods.find(namespace, name);
      return found !== undefined && isOurs(found.pod) ? found : undefined;
    },
  };
}
