/** What the metrics get to know of pods. Nothing depends on it; a call costs little and never throws. */
import type { Clock } from "../model/clock.ts";
import type { Pod } from "../model/kube.ts";
import type { ContainerKind, ContainerState, TaskState } from "../model/task-state.ts";
import type { Answer } from "../probes/probes.ts";
import type { Memory } from "./memory.ts";
import { recordOf } from "./plan/world.ts";
import type { PodStore } from "./stores.ts";

export type ContainerType = "container" | "init_container" | "ephemeral_container";
type PassOperation = "create" | "sync" | "kill" | "terminated";

export interface PodMeter {
  /** A pass over one pod has ended. */
  passed(operation: PassOperation, seconds: number, failed: boolean): void;
  /** A pod's task runs, so long after the pod was first seen. */
  podStarted(seconds: number): void;
  containerStarted(type: ContainerType): void;
  /** One question of a probe was answered. */
  probed(pod: Pod, answer: Answer): void;
  /** Nothing of this pod is probed any more. */
  unprobed(podUid: string): void;
}

export const unmetered: PodMeter = {
  passed: () => undefined,
  podStarted: () => undefined,
  containerStarted: () => undefined,
  probed: () => undefined,
  unprobed: () => undefined,
};

/** The kubelet counts a sidecar among the init containers, where the pod has it. */
const typeOf: Record<ContainerKind, ContainerType> = {
  init: "init_container",
  sidecar: "init_container",
  main: "container",
  ephemeral: "ephemeral_container",
};

/** The same work, each pass told to the meter. */
export function meteredWork(
  work: (uid: string) => Promise<void>,
  pods: PodStore,
  meter: PodMeter,
  clock: Clock,
): (uid: string) => Promise<void> {
  return async (uid) => {
    const operation = operationOn(pods.get(uid));
    const begun = clock.monotonic();
    let failed = true;
    try {
      await work(uid);
      failed = false;
    } finally {
      meter.passed(operation, (clock.monotonic() - begun) / 1000, failed);
    }
  };
}

function operationOn(pod: Pod | undefined): PassOperation {
  if (pod === undefined) return "terminated";
  if (pod.metadata?.deletionTimestamp !== undefined) return "kill";
  return recordOf(pod) === undefined ? "create" : "sync";
}

/** The same memory, with what starts told to the meter. What ran before burstlet did is no start. */
export function meteredMemory(memory: Memory, meter: PodMeter, clock: Clock): Memory {
  const { pods, tasks } = memory;
  const bornAt = clock.now();
  const firstSeen = new Map<string, number>();

  const taskChanged = (before: TaskState | undefined, after: TaskState): void => {
    for (const one of after.containers) {
      const earlier = before?.containers.find(({ name }) => name === one.name);
      if (startOf(one) >= bornAt && !isSameStart(earlier, one)) meter.containerStarted(typeOf[one.kind]);
    }
    const { podUid } = after.identity;
    const since = firstSeen.get(podUid);
    if (after.phase === "starting" || since === undefined) return;
    firstSeen.delete(podUid);
    meter.podStarted((clock.monotonic() - since) / 1000);
  };
  const forgetting = (end: (uid: string) => Pod | undefined) => (uid: string) => {
    firstSeen.delete(uid);
    return end(uid);
  };

  return {
    ...memory,
    pods: {
      ...pods,
      put(pod) {
        const { uid = "" } = pod.metadata ?? {};
        if (pods.get(uid) === undefined && recordOf(pod) === undefined) firstSeen.set(uid, clock.monotonic());
        return pods.put(pod);
      },
      delete: forgetting(pods.delete),
      vanish: forgetting(pods.vanish),
    },
    tasks: {
      ...tasks,
      put(task) {
        const { podUid, attempt } = task.identity;
        const before = tasks.of(podUid).find((one) => one.identity.attempt === attempt);
        const isNews = tasks.put(task);
        if (isNews) taskChanged(before, task);
        return isNews;
      },
    },
  };
}

/** When the present run began; `-Infinity` when it has not, or nobody knows. */
function startOf({ state }: ContainerState): number {
  return state.is === "waiting" ? Number.NEGATIVE_INFINITY : (state.startedAt ?? Number.NEGATIVE_INFINITY);
}

function isSameStart(earlier: ContainerState | undefined, now: ContainerState): boolean {
  return earlier !== undefined && earlier.instance === now.instance && earlier.state.is !== "waiting";
}
