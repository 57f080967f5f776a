import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { ProviderContext, TaskFeed } from "../../../src/provider.ts";
import type { FargateConfig } from "../config.ts";
import type { Tasks } from "../tasks/known-tasks.ts";
import { createSecretsClient } from "./client.ts";
import { createKey } from "./key.ts";
import { prefixOf } from "./names.ts";
import { sweepSecrets } from "./sweep.ts";
import { createSecretUse, type SecretUse } from "./use.ts";
import { createVault, type Vault } from "./vault.ts";

/** Secrets of this node's pods in Secrets Manager. */
export interface Secrets extends Pick<SecretUse, "seen"> {
  readonly vault: Vault;
  /** The feed, with an ear for the moment from which every task is known. */
  listening(feed: TaskFeed): TaskFeed;
  /** Removes what no task needs, until the signal aborts. However many ask, one does it at a time. Never rejects. */
  sweep(signal: AbortSignal): Promise<void>;
}

export interface SecretsOptions {
  readonly sdk: SecretsManagerClient;
  readonly tasks: Pick<Tasks, "values">;
  readonly config: Pick<FargateConfig, "secrets">;
  readonly context: Pick<ProviderContext, "clusterUid" | "nodeName" | "clock" | "log" | "limiter">;
  /** Draws the installation's key. */
  readonly random: () => string;
}

export function createSecrets({ sdk, tasks, config, context, random }: SecretsOptions): Secrets {
  const { clock, log, limiter } = context;
  const client = createSecretsClient(sdk, limiter);
  const vault = createVault({ client, key: createKey(client, context, random), owner: context, clock });
  const use = createSecretUse((arns) => vault.doubt(arns));
  let areAllKnown = false;
  let sweeping: Promise<void> | undefined;
  return {
    vault,
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
      const options = {
        client,
        vault,
        prefix: prefixOf(context),
        inUse: () => (areAllKnown ? use.inUse(tasks.values()) : undefined),
        graceSeconds: config.secrets.graceSeconds,
        clock,
        log,
      };
      while (!signal.aborted) {
        sweeping ??= sweepSecrets(options, signal).finally(() => (sweeping = undefined));
        await sweeping;
      }
    },
  };
}
