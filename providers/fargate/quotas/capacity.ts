/** What a node of Fargate promises to the scheduler. Pure. */
import { type Capacity, type Squeeze, squeezed } from "../../../src/provider.ts";
import type { FargateConfig } from "../config.ts";
import { type CapacityType, marketsOf } from "../market.ts";
import { type Quotas, vcpuQuotas } from "../../aws/quotas.ts";

const GIB = 2 ** 30;
/** The most that Fargate sells with one vCPU: 2 GB with a quarter, 8 with one, 120 with 16. */
const MEMORY_PER_VCPU = 8 * GIB;
/** The most that one task may have. */
const STORAGE_PER_TASK = 200 * GIB;

/**
 * The quota belongs to the account, and others use it too: only RunTask's refusal tells that nothing is left. From then on
 * the node promises what it has, in pods as well, because a pod that asks for 0.1 CPU takes 0.25 of the quota.
 */
export function capacityOf(
  config: Pick<FargateConfig, "capacity" | "capacityType" | "architecture" | "platformVersion">,
  quotas: Quotas,
  squeeze: Squeeze | undefined,
  now: number,
): Omit<Capacity, "labels"> {
  const full = {
    vcpu: config.capacity.vcpu ?? quotaOf(config.capacityType, quotas),
    pods: config.capacity.pods,
  };
  const { vcpu: cpu, pods } = squeezed(full, squeeze, now);
  return {
    cpu,
    memory: cpu * MEMORY_PER_VCPU,
    ephemeralStorage: config.capacity.pods * STORAGE_PER_TASK,
    pods,
    osImage: "AWS Fargate",
    // Fargate tells no kernel; a platform version stands for all of what runs the tasks.
    kernelVersion: config.platformVersion,
    containerRuntime: `fargate://${config.platformVersion}`,
    architecture: config.architecture,
  };
}

/** Of the markets that pods of the node go to by themselves. */
function quotaOf(capacityType: CapacityType, quotas: Quotas): number {
  return marketsOf(capacityType)
    .map((market) => vcpuQuotas[market])
    .reduce((sum, { code, standard }) => sum + (quotas.get(code) ?? standard), 0);
}
