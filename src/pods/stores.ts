/** What is known of pods and tasks, by pod uid; filled by the two feeds, read by every decision. */
import type { Pod } from "../model/kube.ts";
import type { TaskIdentity } from "../model/identity.ts";
import type { TaskState } from "../model/task-state.ts";

export interface PodStore {
  get(uid: string): Pod | undefined;
  /** Keeps the newer of the two; false when `pod` is older than what is known. */
  put(pod: Pod): boolean;
  delete(uid: string): Pod | undefined;
  byName(namespace: string, name: string): Pod | undefined;
  values(): IterableIterator<Pod>;
}

export function createPodStore(): PodStore {
  const pods = new Map<string, Pod>();
  const names = new Map<string, string>();
  const nameOf = (pod: Pod) => `${pod.metadata?.namespace}/${pod.metadata?.name}`;
  return {
    get: (uid) => pods.get(uid),
    put(pod) {
      const uid = pod.metadata?.uid ?? "";
      const known = pods.get(uid);
      if (known !== undefined && versionOf(pod) < versionOf(known)) return false;
      pods.set(uid, pod);
      names.set(nameOf(pod), uid);
      return true;
    },
    delete(uid) {
      const pod = pods.get(uid);
      if (pod !== undefined && names.get(nameOf(pod)) === uid) names.delete(nameOf(pod));
      pods.delete(uid);
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
