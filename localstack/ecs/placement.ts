import { quotaValue } from "../quotas/table.ts";
import { type Market, marketOf, marketQuotas } from "./market.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { TaskRecord } from "./task/record.ts";

export interface Position {
  readonly subnet: string;
  readonly zone: string;
}

export type Placement =
  | { readonly is: "placed"; readonly position: Position }
  | { readonly is: "no room"; readonly why: "quota" | "capacity"; readonly sentence: string };

const capacityText = "Capacity is unavailable at this time. Please try again later or in a different availability zone";
const quotaText = "You’ve reached the limit on the number of vCPUs you can run concurrently";

/** Where a task of so many CPU units goes: the first of its subnets that has room. Pure. `live`: tasks not STOPPED. */
export function place(
  subnets: readonly string[],
  { cpu, market }: { readonly cpu: number; readonly market: Market },
  live: Iterable<TaskRecord>,
  scenario: Pick<Scenario, "subnets" | "zones" | "quotas">,
): Placement {
  let used = 0;
  const inSubnet = new Map<string, number>();
  const inZone = new Map<string, number>();
  for (const { size, subnet, zone, request } of live) {
    inSubnet.set(subnet, (inSubnet.get(subnet) ?? 0) + 1);
    if (marketOf(request) !== market) continue;
    used += size.cpu;
    inZone.set(zone, (inZone.get(zone) ?? 0) + size.cpu);
  }
  if (used + cpu > quotaValue(scenario.quotas, marketQuotas[market].vcpu) * 1024) {
    return { is: "no room", why: "quota", sentence: quotaText };
  }
  for (const id of subnets) {
    const subnet = scenario.subnets.find((one) => one.id === id);
    if (subnet === undefined) continue;
    const { availabilityZone: zone, capacity = Infinity } = subnet;
    const limits = scenario.zones[zone];
    const zoneCpu = ((market === "spot" ? limits?.spotCapacity : limits?.capacity) ?? Infinity) * 1024;
    if ((inSubnet.get(id) ?? 0) < capacity && (inZone.get(zone) ?? 0) + cpu <= zoneCpu) {
      return { is: "placed", position: { subnet: id, zone } };
    }
  }
  return { is: "no room", why: "capacity", sentence: capacityText };
}
