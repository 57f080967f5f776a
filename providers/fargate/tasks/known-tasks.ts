import { isDeepStrictEqual } from "node:util";
import { type TaskIdentity, type TaskRef, type TaskState, withSeenEnds } from "../../../src/provider.ts";
import { versionStep } from "./observe.ts";

/** One task of this node that ECS is known to have. */
export interface KnownTask {
  readonly arn: string;
  readonly state: TaskState;
  /** ECS checks the health of containers of it. */
  readonly isChecked: boolean;
  /** Monotonic milliseconds at which it became known, when it was last described, and since when ECS does not find it. */
  readonly since: number;
  readonly seenAt: number;
  readonly missingSince?: number | undefined;
}

/** Every task of this node that ECS has told of: what launching, watching and stopping share. */
export interface Tasks {
  /** A picture from ECS, seen at `at` (1970). Returns the state to tell, or `undefined` when it is no news. */
  put(state: TaskState, now: number, at: number, isChecked: boolean): TaskState | undefined;
  /** ECS did not find it. Returns since when. */
  miss(arn: string, now: number): number | undefined;
  forget(arn: string): KnownTask | undefined;
  /** Forgets a task that ECS still remembers, and takes no more pictures of it. */
  discard(arn: string): KnownTask | undefined;
  isDiscarded(arn: string): boolean;
  /** What ECS has, by its own list: what it no longer remembers need not be remembered as discarded. */
  listed(arns: ReadonlySet<string>): void;
  get(arn: string): KnownTask | undefined;
  find(task: TaskRef): KnownTask | undefined;
  /** Also of one that was discarded: its log can be read while ECS remembers it. */
  arnOf(task: TaskRef): string | undefined;
  values(): IterableIterator<KnownTask>;
}

export function createTasks(): Tasks {
  const tasks = new Map<string, KnownTask>();
  const arns = new Map<string, string>();
  /** ARN and key of each. */
  let discarded = new Map<string, string>();
  const forget = (arn: string): KnownTask | undefined => {
    const known = tasks.get(arn);
    tasks.delete(arn);
    if (known !== undefined) arns.delete(keyOf(known.state.identity));
    return known;
  };
  return {
    put(seen, now, at, isChecked) {
      if (discarded.has(seen.id)) return undefined;
      const known = tasks.get(seen.id);
      const state = successor(known?.state, seen, at);
      if (state === undefined) return undefined;
      tasks.set(seen.id, { arn: seen.id, state, isChecked, since: known?.since ?? now, seenAt: now });
      arns.set(keyOf(seen.identity), seen.id);
      return state === known?.state ? undefined : state;
    },
    miss(arn, now) {
      const known = tasks.get(arn);
      if (known === undefined) return undefined;
      const missingSince = known.missingSince ?? now;
      tasks.set(arn, { ...known, seenAt: now, missingSince });
      return missingSince;
    },
    forget,
    discard(arn) {
      const known = forget(arn);
      if (known !== undefined) discarded.set(arn, keyOf(known.state.identity));
      return known;
    },
    isDiscarded: (arn) => discarded.has(arn),
    listed: (all) => void (discarded = new Map([...discarded].filter(([arn]) => all.has(arn)))),
    get: (arn) => tasks.get(arn),
    find: ({ identity, id = "" }) => tasks.get(id) ?? tasks.get(arns.get(keyOf(identity)) ?? ""),
    arnOf: ({ identity, id }) => id ?? arns.get(keyOf(identity)) ?? arnOfKey(discarded, keyOf(identity)),
    values: () => tasks.values(),
  };
}

function arnOfKey(discarded: ReadonlyMap<string, string>, wanted: string): string | undefined {
  return [...discarded].find(([, key]) => key === wanted)?.[0];
}

/**
 * What follows the known picture: itself when nothing has changed, `undefined` when what was seen is older (answers of
 * ECS overtake each other). A change that ECS does not count, of health say, rises within its version.
 */
function successor(known: TaskState | undefined, seen: TaskState, at: number): TaskState | undefined {
  if (known === undefined) return seen;
  if (seen.version < Math.floor(known.version / versionStep) * versionStep) return undefined;
  const kept = withSeenEnds(known, withTags(known, seen), at);
  if (isDeepStrictEqual({ ...kept, version: 0 }, { ...known, version: 0 })) return known;
  return { ...kept, version: Math.max(seen.version, known.version + 1) };
}

/** StopTask deletes the tags that name the pod. */
function withTags(known: TaskState, seen: TaskState): TaskState {
  if (seen.podName !== "") return seen;
  return { ...seen, podName: known.podName, podNamespace: known.podNamespace };
}

const keyOf = ({ clusterUid, podUid, attempt }: TaskIdentity): string => `${clusterUid}/${podUid}/${attempt}`;
