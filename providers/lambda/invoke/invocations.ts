import type { TaskFeed, TaskIdentity, TaskState } from "../../../src/provider.ts";

/**
 * Every invocation that this process holds or has seen the end of. Lambda lists none and remembers none, so this is all that
 * there is, and ends with the process.
 */
export interface Invocations<Kept> {
  find(identity: TaskIdentity): Invocation<Kept> | undefined;
  /** New, or changed: told to everybody who watches, with a version above the one before. */
  put(state: TaskState, kept: Kept): void;
  forget(identity: TaskIdentity): void;
  list(): readonly TaskState[];
  /** As Provider.watch; `ready`: everything is known. */
  watch(feed: TaskFeed, ready: Promise<void>, signal: AbortSignal): Promise<void>;
}

export interface Invocation<Kept> {
  readonly state: TaskState;
  readonly kept: Kept;
}

export function createInvocations<Kept>(): Invocations<Kept> {
  const all = new Map<string, Invocation<Kept>>();
  const feeds = new Set<TaskFeed>();
  return {
    find: (identity) => all.get(keyOf(identity)),
    put(seen, kept) {
      const key = keyOf(seen.identity);
      const state = { ...seen, version: (all.get(key)?.state.version ?? 0) + 1 };
      all.set(key, { state, kept });
      for (const feed of feeds) feed.task(state);
    },
    forget(identity) {
      if (all.delete(keyOf(identity))) for (const feed of feeds) feed.gone(identity);
    },
    list: () => [...all.values()].map(({ state }) => state),
    async watch(feed, ready, signal) {
      if (signal.aborted) return;
      for (const { state } of all.values()) feed.task(state);
      feeds.add(feed);
      const over = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      await Promise.race([ready, over]);
      if (!signal.aborted) feed.synced();
      await over;
      feeds.delete(feed);
    },
  };
}

const keyOf = ({ clusterUid, podUid, attempt }: TaskIdentity): string => `${clusterUid}/${podUid}/${attempt}`;
