/** What one virtual node knows of its pods and their tasks, and the two feeds that fill it. */
import type { Cluster, WatchSink } from "../cluster/cluster.ts";
import type { Clock, Pod, ProviderError, TaskFeed, TaskIdentity } from "../provider.ts";
import { referencesOf } from "../resolve/gather.ts";
import { orphanKillAt } from "./plan/view.ts";
import type { Notes } from "./plan/world.ts";
import { createPodStore, createTaskStore, type PodStore, type TaskStore } from "./stores.ts";

export interface Memory {
  readonly pods: PodStore;
  readonly tasks: TaskStore;
  /** By pod uid. */
  readonly notes: Map<string, Notes>;
  /** Which feed has told everything once: only then does absence mean something. */
  readonly known: { pods: boolean; tasks: boolean };
}

export function createMemory(): Memory {
  return {
    pods: createPodStore(),
    tasks: createTaskStore(),
    notes: new Map(),
    known: { pods: false, tasks: false },
  };
}

/** Has the pod of this uid looked at soon. */
export type Ask = (uid: string) => void;

/** Notes that the object of a pod is gone: what is left of its tasks has to end. `last`: as it was last seen. */
export function forgetPod({ notes }: Memory, uid: string, last: Pod | undefined, now: number): void {
  if (last !== undefined) notes.set(uid, { orphanKillAt: orphanKillAt(last, now), stops: notes.get(uid)?.stops });
}

/** The pods of this node, as the API server tells them. */
export function podSink(memory: Memory, hold: Cluster["holdReferences"], clock: Clock, ask: Ask): WatchSink<Pod> {
  const { pods, tasks, notes, known } = memory;
  return {
    changed(pod) {
      if (!pods.put(pod)) return;
      const uid = pod.metadata?.uid ?? "";
      hold?.(uid, hasEnded(pod) ? [] : referencesOf(pod), () => {
        // It may be what the pod waits for.
        if (notes.get(uid)?.prepared?.is !== "missing") return;
        notes.set(uid, { ...notes.get(uid), prepared: undefined });
        ask(uid);
      });
      ask(uid);
    },
    removed({ metadata: { uid = "" } = {} }) {
      hold?.(uid, [], () => undefined);
      const last = pods.delete(uid);
      forgetPod(memory, uid, last, clock.now());
      if (last !== undefined) ask(uid);
    },
    synced() {
      known.pods = true;
      for (const uid of tasks.podUids()) ask(uid);
    },
  };
}

/** The tasks of this node's pods, as the provider tells them. */
export function taskFeed(
  { pods, tasks, notes, known }: Memory,
  health: (trouble: ProviderError | undefined) => void,
  ask: Ask,
): TaskFeed {
  return {
    task(state) {
      if (tasks.put(state)) ask(state.identity.podUid);
    },
    gone({ podUid, attempt }: TaskIdentity) {
      if (!tasks.delete(podUid, attempt)) return;
      notes.set(podUid, { ...notes.get(podUid), vanished: attempt });
      ask(podUid);
    },
    synced() {
      known.tasks = true;
      for (const pod of pods.values()) ask(pod.metadata?.uid ?? "");
    },
    health,
  };
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}
