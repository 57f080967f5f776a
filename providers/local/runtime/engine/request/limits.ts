/** Processor time and memory of a container, in the words of each engine. Pure. */
import type { ContainerSpec } from "../../runtime.ts";

type Amounts = Pick<ContainerSpec, "cpuRequest" | "cpuLimit" | "memoryLimit">;

/** Linux' range, and what a container that asks for nothing gets, as from the kubelet (pkg/kubelet/cm/helpers_linux.go). */
const fewestShares = 2;
const mostShares = 262_144;
/** The least that Docker takes, and the kubelet's least quota: a hundredth of a core. */
const leastCores = 0.01;
const periodMicroseconds = 100_000;

/** HostConfig of a container that is made, and all of the body that changes one in Docker. */
export function limits({ cpuRequest, cpuLimit, memoryLimit }: Amounts): object {
  return {
    CpuShares: shares(cpuRequest),
    ...(cpuLimit === undefined ? {} : { NanoCpus: Math.round(granted(cpuLimit) * 1e9) }),
    // Without equal MemorySwap an engine grants as much swap again.
    ...(memoryLimit === undefined ? {} : { Memory: memoryLimit, MemorySwap: memoryLimit }),
  };
}

/** The body that changes a container in podman: part `linux.resources` of an OCI runtime's configuration. */
export function podmanLimits({ cpuRequest, cpuLimit, memoryLimit }: Amounts): object {
  const quota = cpuLimit === undefined ? undefined : Math.round(granted(cpuLimit) * periodMicroseconds);
  return {
    cpu: { shares: shares(cpuRequest), ...(quota === undefined ? {} : { quota, period: periodMicroseconds }) },
    ...(memoryLimit === undefined ? {} : { memory: { limit: memoryLimit, swap: memoryLimit } }),
  };
}

function shares(cores = 0): number {
  return Math.min(mostShares, Math.max(fewestShares, Math.trunc(cores * 1024)));
}

function granted(cores: number): number {
  return Math.max(leastCores, cores);
}
