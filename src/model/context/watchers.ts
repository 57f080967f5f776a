import type { TaskIdentity } from "../identity.ts";
import type { ProviderError } from "../provider-error.ts";
import type { TaskState } from "../task-state.ts";

/** As `TaskFeed` of the contract. */
interface Feed {
  task(state: TaskState): void;
  gone(identity: TaskIdentity): void;
  synced(): void;
  health(trouble: ProviderError | undefined): void;
}

/** Everybody who watches a provider: however many there are, its cloud is asked once. */
export interface Watchers {
  readonly count: number;
  readonly trouble: ProviderError | undefined;
  /** Resolves when the signal aborts. `present`: what is known already; `isSynced`: that is everything. */
  join(feed: Feed, present: readonly TaskState[], isSynced: boolean, signal: AbortSignal): Promise<void>;
  task(state: TaskState | undefined): void;
  gone(identity: TaskIdentity): void;
  synced(): void;
  /** Told when it differs from what was told before. */
  health(trouble: ProviderError | undefined): void;
}

export function createWatchers(): Watchers {
  const feeds = new Map<Feed, { synced: boolean }>();
  let trouble: ProviderError | undefined;
  const sync = (feed: Feed, told: { synced: boolean }): void => {
    if (told.synced) return;
    told.synced = true;
    feed.synced();
  };
  return {
    get count() {
      return feeds.size;
    },
    get trouble() {
      return trouble;
    },
    async join(feed, present, isSynced, signal) {
      if (signal.aborted) return;
      const told = { synced: false };
      feeds.set(feed, told);
      try {
        if (trouble !== undefined) feed.health(trouble);
        for (const state of present) feed.task(state);
        if (isSynced) sync(feed, told);
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      } finally {
        feeds.delete(feed);
      }
    },
    task(state) {
      if (state !== undefined) for (const feed of feeds.keys()) feed.task(state);
    },
    gone(identity) {
      for (const feed of feeds.keys()) feed.gone(identity);
    },
    synced() {
      for (const [feed, told] of feeds) sync(feed, told);
    },
    health(now) {
      if (now?.kind === trouble?.kind && now?.message === trouble?.message) return;
      trouble = now;
      for (const feed of feeds.keys()) feed.health(now);
    },
  };
}
