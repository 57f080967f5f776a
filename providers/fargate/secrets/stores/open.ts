/** Every place where this node keeps what its pods' definitions refer to. */
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { ProviderContext } from "../../../../src/provider.ts";
import type { FargateConfig } from "../../config.ts";
import type { StoredSecret } from "../../request.ts";
import { createKey } from "../key.ts";
import { createVault, type Vault, type VaultOptions } from "../vault.ts";
import { createSecretsClient, type SecretsClient } from "./client.ts";
import type { Objects } from "./objects.ts";
import { createParametersClient } from "./parameters.ts";

export interface Store {
  /** In the log: `secrets`, `parameters`, `objects`. */
  readonly what: string;
  readonly client: Pick<SecretsClient, "list">;
  readonly vault: Vault;
}

export interface StoresOptions {
  readonly sdk: SecretsManagerClient;
  readonly ssm: SSMClient;
  /** Where the configuration has a bucket. */
  readonly objects: Objects | undefined;
  readonly config: Pick<FargateConfig, "secrets">;
  readonly context: Pick<ProviderContext, "clusterUid" | "nodeName" | "clock" | "limiter">;
  /** Draws the installation's key. */
  readonly random: () => string;
}

export interface Stores {
  readonly all: readonly Store[];
  of(secret: Pick<StoredSecret, "is">): Store;
}

export function openStores({ sdk, ssm, objects, config, context, random }: StoresOptions): Stores {
  const keyIn = (client: SecretsClient): VaultOptions["key"] => createKey(client, context, random);
  const storeIn = (what: string, client: VaultOptions["client"] & Store["client"], key: VaultOptions["key"]): Store => {
    return { what, client, vault: createVault({ client, key, owner: context, clock: context.clock }) };
  };
  const managed = createSecretsClient(sdk, context.limiter);
  const manager = storeIn("secrets", managed, keyIn(managed));
  const parameters = config.secrets.store === "parameters" ? createParametersClient(ssm, context.limiter) : undefined;
  const chosen = parameters === undefined ? manager : storeIn("parameters", parameters, keyIn(parameters));
  // Its names are made with the key of the others: a bucket is no place for one.
  const bucket = objects && storeIn("objects", objects.client, keyIn(parameters ?? managed));
  return {
    all: [...new Set([manager, chosen, ...(bucket === undefined ? [] : [bucket])])],
    of({ is }) {
      if (is === "login") return manager;
      return is === "object" && bucket !== undefined ? bucket : chosen;
    },
  };
}
