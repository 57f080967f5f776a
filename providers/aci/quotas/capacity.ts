import type { Usage } from "@azure/arm-containerinstance";
import { asProviderError, type Capacity, type Clock, type Log, type Squeeze, squeezed } from "../../../src/provider.ts";
import type { ArmClient } from "../arm/client.ts";
import type { AciConfig } from "../config.ts";
import type { Groups, KnownGroup } from "../groups/known-groups.ts";
import { disk } from "../size/sizes.ts";
import { apiVersion } from "../arm/groups.ts";
import { promisedBy } from "./promised.ts";

/** What a subscription has in a region that has asked for nothing (Azure's page of ACI's limits). */
const usual = { vcpu: 100, pods: 100 };

/** Azure has no quota of memory, and sells 240 GB with 31 vCPU at most. */
const MEMORY_PER_VCPU = 240e9 / 31;

export interface CapacityOptions {
  readonly client: Pick<ArmClient, "usages">;
  readonly config: Pick<AciConfig, "locations" | "capacity">;
  readonly groups: Pick<Groups, "values">;
  readonly clock: Pick<Clock, "monotonic">;
  readonly log: Log;
}

export interface NodeCapacity {
  /** As Provider.capacity. Never rejects: what cannot be read is as it was, or as Azure's pages say. */
  current(): Promise<Capacity>;
  /** A quota was found used up in every region: until others give back, the node is what it has. */
  exhausted(): void;
}

export function createCapacity({ client, config, groups, clock, log }: CapacityOptions): NodeCapacity {
  const known = new Map<string, readonly Usage[]>();
  let squeeze: Squeeze | undefined;
  let told: string | undefined;

  const read = async (location: string): Promise<void> => {
    try {
      known.set(location, await client.usages(location));
      told = undefined;
    } catch (error) {
      const { reason, message } = asProviderError(error);
      if (told !== reason) log.warn("quotas of a region cannot be read", { location, reason, message });
      told = reason;
    }
  };
  return {
    async current() {
      await Promise.all(config.locations.map(read));
      return capacityOf(config, known, groups.values(), { squeeze, now: clock.monotonic() });
    },
    exhausted() {
      const { vcpu, groups: pods } = inUse(groups.values());
      squeeze = { vcpu, pods, at: clock.monotonic() };
    },
  };
}

/** Pure. The sum over all regions, because a pod that finds no room in one goes to the next. */
function capacityOf(
  { locations, capacity }: CapacityOptions["config"],
  usages: ReadonlyMap<string, readonly Usage[]>,
  groups: readonly KnownGroup[],
  { squeeze, now }: { readonly squeeze: Squeeze | undefined; readonly now: number },
): Capacity {
  const regions = locations.map((location) => {
    const ours = inUse(groups.filter((one) => one.location === location));
    const { vcpu = usual.vcpu, pods = usual.pods } = promisedBy(usages.get(location) ?? [], {}, ours);
    return { vcpu, pods };
  });
  const full = {
    vcpu: capacity.vcpu ?? regions.reduce((sum, { vcpu }) => sum + vcpu, 0),
    pods: capacity.pods ?? regions.reduce((sum, { pods }) => sum + pods, 0),
  };
  const { vcpu: cpu, pods } = squeezed(full, squeeze, now);
  const [region, ...others] = locations;
  return {
    cpu,
    memory: Math.floor(cpu * MEMORY_PER_VCPU),
    ephemeralStorage: pods * disk,
    pods,
    osImage: "Azure Container Instances",
    // Azure tells no kernel.
    kernelVersion: "azure",
    containerRuntime: `aci://${apiVersion}`,
    architecture: "amd64",
    ...(region !== undefined && others.length === 0 && { labels: { "topology.kubernetes.io/region": region } }),
  };
}

/** Of these groups, those that have not ended: whether Azure counts ended ones, the scheduler does not. */
function inUse(groups: readonly KnownGroup[]): { readonly vcpu: number; readonly groups: number } {
  const live = groups.filter(({ state }) => state.phase !== "stopped");
  return { groups: live.length, vcpu: live.reduce((sum, { group }) => sum + vcpuOf(group), 0) };
}

function vcpuOf({ properties }: KnownGroup["group"]): number {
  const containers = properties?.containers ?? [];
  return containers.reduce((sum, one) => sum + (one.properties?.resources?.requests?.cpu ?? 0), 0);
}
