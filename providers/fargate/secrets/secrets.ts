import type { ProviderContext, TaskFeed } from "../../../src/provider.ts";
import type { Tasks } from "../tasks/known-tasks.ts";
import { prefixOf } from "./names.ts";
import { openStores, type Store, type StoresOptions } from "./stores/open.ts";
import { sweepSecrets } from "./sweep.ts";
import { createSecretUse, type SecretUse } from "./use.ts";
import type { Vault } from "./vault.ts";

/** What is secret about this node's pods, wherever it is kept, and files that are too large for all other places. */
export interface Secrets extends Pick<SecretUse, "seen"> {
  readonly vault: Pick<Vault, "ensure">;
  /** A link by which a task fetches the object of this ARN. */
  link(arn: string): Promise<string>;
  /** The feed, with an ear for the moment from which every task is known. */
  listening(feed: TaskFeed): TaskFeed;
  /** Removes what no task needs, until the signal aborts. However many ask, one does it at a time. Never rejects. */
  sweep(signal: AbortSignal): Promise<void>;
}

export interface SecretsOptions extends StoresOptions {
  readonly tasks: Pick<Tasks, "values">;
  readonly context: StoresOptions["context"] & Pick<ProviderContext, "log">;
}

export function createSecrets(options: SecretsOptions): Secrets {
  const { objects, tasks, config, context } = options;
  const stores = openStores(options);
  const use = createSecretUse((arns) => {
    for (const { vault } of stores.all) vault.doubt(arns);
  });
  let areAllKnown = false;
  let sweeping: Promise<unknown> | undefined;
  const sweepIn = async (store: Store, signal: AbortSignal): Promise<void> => {
    const inUse = () => (areAllKnown ? use.inUse(tasks.values()) : undefined);
    const { graceSeconds } = config.secrets;
    await sweepSecrets({ ...store, ...context, prefix: prefixOf(context), inUse, graceSeconds }, signal);
  };
  return {
    vault: {
      async ensure(secrets) {
        const groups = Map.groupBy(secrets, (one) => stores.of(one));
        const found = [...groups].map(async ([{ vault }, own]) => vault.ensure(own));
        return new Map((await Promise.all(found)).flatMap((one) => [...one]));
      },
    },
    async link(arn) {
      if (objects === undefined) throw new TypeError("there is no bucket");
      return objects.link(arn);
    },
    seen: use.seen,
    listening: (feed) => ({
      task: (state) => feed.task(state),
      gone: (identity) => feed.gone(identity),
      health: (trouble) => feed.health(trouble),
      synced() {
        areAllKnown = true;
        feed.synced();
      },
    }),
    async sweep(signal) {
      while (!signal.aborted) {
        sweeping ??= Promise.all(stores.all.map(async (store) => sweepIn(store, signal))).finally(
          () => (sweeping = undefined),
        );
        await sweeping;
      }
    },
  };
}
