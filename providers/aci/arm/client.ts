/** All that is asked of Azure Resource Manager, behind the buckets that it is counted in. */
import type { TokenCredential } from "@azure/identity";
import type { Usage } from "@azure/arm-containerinstance";
import type { AciConfig } from "../config.ts";
import type { Owner } from "../names.ts";
import type { ArmBuckets } from "./buckets.ts";
import { createConnection, typed } from "./connection.ts";
import { type ContainersClient, createContainersClient } from "./containers.ts";
import { createGroupsClient, type GroupsClient } from "./groups.ts";
import { asking, type Get } from "./requests.ts";

export interface ArmClient {
  readonly groups: GroupsClient;
  readonly containers: ContainersClient;
  /** The quotas of the subscription in a region. */
  usages(location: string, signal?: AbortSignal): Promise<readonly Usage[]>;
  /** Anything that can be read: path from `/subscriptions` on, with its `api-version`; the body as JSON. */
  readonly get: Get;
}

export function createArmClient(
  config: Pick<AciConfig, "endpoint" | "subscription" | "resourceGroup">,
  owner: Owner,
  buckets: ArmBuckets,
  credential: TokenCredential,
): ArmClient {
  const { sdk, send } = createConnection(config, credential);
  return {
    groups: createGroupsClient({ config, owner, send, buckets }),
    containers: createContainersClient(sdk, config, buckets),
    get: asking(send, buckets).get,
    async usages(location, signal) {
      const call = async () =>
        typed(async (options) => {
          const all: Usage[] = [];
          for await (const one of sdk.location.listUsage(location, options)) all.push(one);
          return all;
        }, signal);
      return buckets.read(call, signal);
    },
  };
}
