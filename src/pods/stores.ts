/** What is known of pods and tasks, by pod uid; filled by the two feeds, read by every decision. */
import type { Pod } from "../model/kube.ts";
import type { TaskIdentity } from "../model/identity.ts";
import type { TaskState } from "../model/task-state.ts";

export interface PodStore {
  get(uid: string): Pod | undefined;
  /** What the watch tells. Keeps the newer of the two; false when `pod` is older than what is known. */
  put(pod: Pod): boolean;
  /** What a write answers: newer than what is known, but a pod that the watch has ended meanwhile stays ended. */
  update(pod: Pod): void;
  /** The watch has told its end. */
  delete(uid: string): Pod | undefined;
  /** An answer has told its end: until the watch does as well, its older news of this pod are ignored. */
  vanish(uid: string): Pod | undefined;
  byName(namespace: string, name: string): Pod | undefined;
  values(): IterableIterator<Pod>;
}

export function createPodStore(): PodStore {
  const pods = new Map<string, Pod>();
  const names = new Map<string, string>();
  /** The last version seen of pods whose end the watch has still to tell. */
  const vanished = new Map<string, number>();
  const nameOf = (pod: Pod) => `${pod.metadata?.namespace}/${pod.metadata?.name}`;
  const put = (pod: Pod): boolean => {
    const uid = pod.metadata?.uid ?? "";
    const known = pods.get(uid);
    if (known !== undefined && versionOf(pod) < versionOf(known)) return false;
    if (versionOf(pod) <= (vanished.get(uid) ?? -1)) return false;
    pods.set(uid, pod);
    names.set(nameOf(pod), uid);
    return true;
  };
  const take = (uid: string): Pod | undefined => {
    const pod = pods.get(uid);
    if (pod !== undefined && names.get(nameOf(pod)) === uid) names.delete(nameOf(pod));
    pods.delete(uid);
    return pod;
  };
  return {
    get: (uid) => pods.get(uid),
    put,
    update(pod) {
      if (pods.has(pod.metadata?.uid ?? "")) put(pod);
    },
    delete(uid) {
      vanished.delete(uid);
      return take(uid);
    },
    vanish(uid) {
      const pod = take(uid);
      if (pod !== undefined) vanished.set(uid, versionOf(pod));
      return pod;
    },
    byName: (namespace, name) => pods.get(names.get(`${namespace}/${name}`) ?? ""),
    values: () => pods.values(),
  };
}

/** resourceVersions of one object are comparable numbers (KEP-5504; etcd revisions, below 2^53). */
function versionOf(pod: Pod): number {
  return Number(pod.metadata?.resourceVersion ?? 0);
}

export interface TaskStore {
  /** Every known task of this pod. */
  of(podUid: string): readonly TaskState[];
  /** False when a newer picture is known already. */
  put(task: TaskState): boolean;
  delete(podUid: string, attempt: number): boolean;
  podUids(): IterableIterator<string>;
}

export function createTaskStore(): TaskStore {
  const tasks = new Map<string, readonly TaskState[]>();
  const without = (podUid: string, attempt: number) =>
    (tasks.get(podUid) ?? []).filter((task) => task.identity.attempt !== attempt);
  return {
    of: (podUid) => tasks.get(podUid) ?? [],
    put(task) {
      const { podUid, attempt }: TaskIdentity = task.identity;
      const known = tasks.get(podUid)?.find((one) => one.identity.attempt === attempt);
      if (known !== undefined && known.version >= task.version) return false;
      tasks.set(podUid, [...without(podUid, attempt), task]);
      return true;
    },
    delete(podUid, attempt) {
      const before = tasks.get(podUid)?.length ?? 0;
      const rest = without(podUid, attempt);
      if (rest.length === 0) tasks.delete(podUid);
      else tasks.set(podUid, rest);
      return rest.length < before;
    },
    podUids: () => tasks.keys(),
  };
}
