/** Quotas of a subscription in one region, as `locations/<region>/usages` tells them. Pure. */
import type { Usage } from "@azure/arm-containerinstance";
import type { AciConfig } from "../config.ts";

/** What the node may promise, for ever at once; `undefined`: Azure does not tell, and neither does the configuration. */
export interface Promised {
  readonly vcpu: number | undefined;
  readonly pods: number | undefined;
}

/**
 * Limits and not what is free of them: the scheduler subtracts this node's own pods itself. What others in the subscription
 * use does count: `ours` is how many groups and vCPUs of the usage are this node's.
 */
export function promisedBy(
  usages: readonly Usage[],
  capacity: AciConfig["capacity"],
  ours: { readonly vcpu: number; readonly groups: number },
): Promised {
  return {
    vcpu: capacity.vcpu ?? left(usages, "StandardCores", ours.vcpu),
    pods: capacity.pods ?? left(usages, "ContainerGroups", ours.groups),
  };
}

function left(usages: readonly Usage[], name: string, ours: number): number | undefined {
  const found = usages.find((one) => one.name?.value === name);
  if (typeof found?.limit !== "number") return undefined;
  const others = Math.max(0, (found.currentValue ?? 0) - ours);
  return Math.max(0, found.limit - others);
}
