/** What a node of Fargate promises to the scheduler. Pure. */
import type { Capacity } from "../../../src/provider.ts";
import type { FargateConfig } from "../config.ts";
import { type Quotas, vcpuQuota } from "../../aws/quotas.ts";

const GIB = 2 ** 30;
/** The most that Fargate sells with one vCPU: 2 GB with a quarter, 8 with one, 120 with 16. */
const MEMORY_PER_VCPU = 8 * GIB;
/** The most that one task may have. */
const STORAGE_PER_TASK = 200 * GIB;

/** The account's quota was found used up: what this node's tasks had of it then. */
export interface Squeeze {
  readonly pods: number;
  readonly vcpu: number;
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** Minutes for which a squeezed node promises just what it had; then a tenth more each minute, until it is full size again. */
const HOLD_MINUTES = 3;

/**
 * The quota belongs to the account, and others use it too: only RunTask's refusal tells that nothing is left. From then on
 * the node promises what it has, in pods as well, because a pod that asks for 0.1 CPU takes 0.25 of the quota.
 */
export function capacityOf(
  config: Pick<FargateConfig, "capacity" | "architecture" | "platformVersion">,
  quotas: Quotas,
  squeeze: Squeeze | undefined,
  now: number,
): Omit<Capacity, "labels"> {
  const full = {
    vcpu: config.capacity.vcpu ?? quotas.get(vcpuQuota.code) ?? vcpuQuota.standard,
    pods: config.capacity.pods,
  };
  const { vcpu: cpu, pods } = squeeze === undefined ? full : squeezed(full, squeeze, now);
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

function squeezed(full: { vcpu: number; pods: number }, squeeze: Squeeze, now: number): { vcpu: number; pods: number } {
  const minutes = Math.max(0, (now - squeeze.at) / 60_000 - HOLD_MINUTES);
  const grown = (from: number): number => from * 1.1 ** minutes + minutes;
  return {
    vcpu: Math.min(full.vcpu, Math.round(grown(squeeze.vcpu) * 100) / 100),
    pods: Math.min(full.pods, Math.floor(grown(squeeze.pods))),
  };
}
