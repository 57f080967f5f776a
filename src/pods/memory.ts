/** What one virtual node knows of its pods and their tasks, and the two feeds that fill it. */
import type { Cluster, WatchSink } from "../cluster/cluster.ts";
import { annotations } from "../model/annotations.ts";
import type { Clock, ExpectedTask, Pod, Provider, ProviderError, TaskFeed, TaskIdentity } from "../provider.ts";
import { referencesOf } from "../resolve/gather.ts";
import { showsEditable } from "../resolve/live/live-files.ts";
import { orphanKillAt } from "./plan/view.ts";
import { type Notes, recordOf } from "./plan/world.ts";
import { editEvents, taskEvents, type PodEvent } from "./pod-events.ts";
import { createPodStore, createTaskStore, type PodStore, type TaskStore } from "./stores.ts";

export interface Memory {
  readonly pods: PodStore;
  readonly tasks: TaskStore;
  /** By pod uid. */
  readonly notes: Map<string, Notes>;
  /** Which feed has told everything once: only then does absence mean something. */
  readonly known: { pods: boolean; tasks: boolean };
  /** Resolves when every pod has been told once. */
  readonly podsKnown: PromiseWithResolvers<void>;
}

export function createMemory(): Memory {
  return {
    pods: createPodStore(),
    tasks: createTaskStore(),
    notes: new Map(),
    known: { pods: false, tasks: false },
    podsKnown: Promise.withResolvers(),
  };
}

type Ask = (uid: string) => void;

/** Notes that the object of a pod is gone: what is left of its tasks has to end. `last`: as it was last seen. */
export function forgetPod({ notes }: Memory, uid: string, last: Pod | undefined, now: number): void {
  if (last !== undefined) notes.set(uid, { orphanKillAt: orphanKillAt(last, now), stops: notes.get(uid)?.stops });
}

/** What was denied may be allowed by now: whoever waits for that is looked at soon, and no later than others. */
export function retryDenied({ notes }: Pick<Memory, "notes">, ask: Ask): void {
  for (const [uid, note] of notes) {
    const troubles = Object.entries(note.troubles ?? {});
    if (!troubles.some(([, { error }]) => error.kind === "denied")) continue;
    // The count stays: a denial that comes again goes on with its back-off.
    const due = troubles.map(([name, one]) => [name, one.error.kind === "denied" ? { ...one, retryAt: 0 } : one]);
    notes.set(uid, { ...note, troubles: Object.fromEntries(due) as Notes["troubles"] });
    ask(uid);
  }
}

/** What the news of a pod set off. */
export interface PodNews {
  /** Has the pod of this uid looked at soon. */
  readonly ask: Ask;
  readonly tell: (pod: Pod, event: PodEvent) => void;
  readonly hold: Cluster["holdReferences"];
}

/** The pods of this node, as the API server tells them. */
export function podSink(memory: Memory, { ask, tell, hold }: PodNews, clock: Clock): WatchSink<Pod> {
  const { pods, tasks, known, podsKnown } = memory;
  return {
    changed(pod) {
      const uid = pod.metadata?.uid ?? "";
      const before = pods.get(uid);
      if (!pods.put(pod)) return;
      if (before !== undefined && recordOf(before) !== undefined && !hasEnded(pod)) {
        for (const event of editEvents(before, pod)) tell(pod, event);
      }
      if (before !== undefined && filesDiffer(before, pod)) lookAgain(memory, uid, clock.now());
      hold?.(uid, hasEnded(pod) ? [] : referencesOf(pod), () => {
        if (lookAgain(memory, uid, clock.now())) ask(uid);
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
      podsKnown.resolve();
      for (const uid of tasks.podUids()) ask(uid);
    },
  };
}

/** What a pod is made of has changed: it may be what the pod waits for, or a file that it has. Does it matter? */
function lookAgain({ notes }: Memory, uid: string, changedAt: number): boolean {
  const { prepared, files, ...others } = notes.get(uid) ?? {};
  const waits = prepared?.is === "missing";
  // A launch that is under way finds by the time that it has to look again when it is done.
  const news = { ...others, changedAt, prepared: waits ? undefined : prepared };
  notes.set(uid, { ...news, files: files && { ...files, checkAt: 0 } });
  return waits || files !== undefined;
}

/** Has the pod itself changed in what its files show? */
function filesDiffer(before: Pod, after: Pod): boolean {
  const shown = ({ metadata, spec }: Pod) => {
    const resources = (spec?.containers ?? []).map((container) => container.resources);
    return JSON.stringify([metadata?.labels, metadata?.annotations, resources]);
  };
  return showsEditable(after) && shown(before) !== shown(after);
}

/** The tasks of this node's pods, as the provider tells them. */
export function taskFeed(
  { pods, tasks, notes, known, podsKnown }: Memory,
  { clusterUid, provider }: { readonly clusterUid: string; readonly provider: Pick<Provider, "name" | "memory"> },
  health: (trouble: ProviderError | undefined) => void,
  ask: Ask,
  tell: PodNews["tell"],
): TaskFeed {
  return {
    task(state) {
      const { podUid, attempt } = state.identity;
      const before = tasks.of(podUid).find(({ identity }) => identity.attempt === attempt);
      if (!tasks.put(state)) return;
      const pod = pods.get(podUid);
      if (pod !== undefined) for (const event of taskEvents(before, state)) tell(pod, event);
      ask(podUid);
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
    async expected() {
      await podsKnown.promise;
      return [...pods.values()].flatMap((pod) => expectedOf(pod, clusterUid, provider));
    },
  };
}

function expectedOf(pod: Pod, clusterUid: string, provider: Pick<Provider, "name" | "memory">): ExpectedTask[] {
  const record = recordOf(pod);
  if (record?.backend !== provider.name || hasEnded(pod)) return [];
  const { attempt, trail, recordedAt, sentAt, isUnsent, memory = provider.memory } = record;
  if ((memory === 0 && trail === undefined) || isUnsent === true) return [];
  const { uid: podUid = "", name: podName = "", namespace: podNamespace = "" } = pod.metadata ?? {};
  const containers = (pod.spec?.containers ?? []).map(({ name, image = "" }) => ({ name, image }));
  const id = pod.metadata?.annotations?.[annotations.task];
  const identity = { clusterUid, podUid, attempt };
  return [{ identity, id, podName, podNamespace, containers, trail, recordedAt, sentAt }];
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}
