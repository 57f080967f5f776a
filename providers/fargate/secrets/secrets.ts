import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { ProviderContext, TaskFeed } from "../../../src/provider.ts";
import type { FargateConfig } from "../config.ts";
import type { Tasks } from "../tasks/known-tasks.ts";
import { createSecretsClient, type SecretsClient } from "./client.ts";
import { createKey } from "./key.ts";
import { prefixOf } from "./names.ts";
import { createParametersClient } from "./parameters.ts";
import { sweepSecrets } from "./sweep.ts";
import { createSecretUse, type SecretUse } from "./use.ts";
import { createVault, type Vault } from "./vault.ts";

/** What is secret about this node's pods, wherever it is kept. */
export interface Secrets extends Pick<SecretUse, "seen"> {
  readonly vault: Pick<Vault, "ensure">;
  /** The feed, with an ear for the moment from which every task is known. */
  listening(feed: TaskFeed): TaskFeed;
  /** Removes what no task needs, until the signal aborts. However many ask, one does it at a time. Never rejects. */
  sweep(signal: AbortSignal): Promise<void>;
}

export interface SecretsOptions {
  readonly sdk: SecretsManagerClient;
  readonly ssm: SSMClient;
  readonly tasks: Pick<Tasks, "values">;
  readonly config: Pick<FargateConfig, "secrets">;
  readonly context: Pick<ProviderContext, "clusterUid" | "nodeName" | "clock" | "log" | "limiter">;
  /** Draws the installation's key. */
  readonly random: () => string;
}

/** One place where secrets are kept. */
interface Store {
  readonly client: SecretsClient;
  readonly vault: Vault;
}

export function createSecrets({ sdk, ssm, tasks, config, context, random }: SecretsOptions): Secrets {
  const { clock, log, limiter } = context;
  const storeIn = (client: SecretsClient): Store => {
    const key = createKey(client, context, random);
    return { client, vault: createVault({ client, key, owner: context, clock }) };
  };
  const manager = storeIn(createSecretsClient(sdk, limiter));
  const chosen = config.secrets.store === "parameters" ? storeIn(createParametersClient(ssm, limiter)) : manager;
  const stores = [...new Set([manager, chosen])];
  const use = createSecretUse((arns) => {
    for (const { vault } of stores) vault.doubt(arns);
  });
  let areAllKnown = false;
  let sweeping: Promise<unknown> | undefined;
  const sweepIn = async ({ client, vault }: Store, signal: AbortSignal): Promise<void> =>
    sweepSecrets(
      {
        client,
        vault,
        prefix: prefixOf(context),
        inUse: () => (areAllKnown ? use.inUse(tasks.values()) : undefined),
        graceSeconds: config.secrets.graceSeconds,
        clock,
        log,
      },
      signal,
    );
  return {
    vault: {
      async ensure(secrets) {
        const logins = secrets.filter(({ isLogin }) => isLogin === true);
        const others = secrets.filter(({ isLogin }) => isLogin !== true);
        const found = await Promise.all([manager.vault.ensure(logins), chosen.vault.ensure(others)]);
        return new Map(found.flatMap((one) => [...one]));
      },
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
        sweeping ??= Promise.all(stores.map(async (store) => sweepIn(store, signal))).finally(
          () => (sweeping = undefined),
        );
        await sweeping;
      }
    },
  };
}
