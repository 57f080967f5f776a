/** What a pod asks of its task: CPU by requests, memory by limits, as nothing else on the task's machine could lend it more. Pure. */
import type { ResolvedContainer, ResolvedPod, ResolvedResources } from "../../../src/provider.ts";
import { limitsOnDisk } from "../translate/volumes.ts";
import { freeStorage, type Size } from "./sizes.ts";

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** Docker starts no container with less. */
const leastMemory = 6;

export interface Need extends Size {
  /** GiB of ephemeral storage. */
  readonly storage: number;
}

/** One container's part, as ECS takes it; absent where the pod says nothing. */
export interface ContainerShare {
  /** Units of 1/1024 vCPU: its weight against the others. */
  readonly cpu?: number;
  /** MiB: beyond it the container is killed. */
  readonly memory?: number;
  /** MiB: kept free for it. */
  readonly memoryReservation?: number;
}

/**
 * ECS adds up all containers of a task, also those that never run at the same time. So an init container has no share of
 * its own: only the task's size, which its needs are part of, limits it.
 */
export function shareOf({ kind, resources }: Pick<ResolvedContainer, "kind" | "resources">): ContainerShare {
  if (kind === "init") return {};
  const cpu = units(resources.cpuRequest);
  const limit = mebibytes(resources.memoryLimit);
  const reserved = mebibytes(resources.memoryRequest);
  return {
    ...(cpu > 0 && { cpu }),
    ...(limit > 0 && { memory: limit }),
    // ECS takes a reservation below the limit only.
    ...(reserved > 0 && (limit === 0 || reserved < limit) && { memoryReservation: reserved }),
  };
}

/** Init containers run one after the other beside the sidecars before them, then everything else runs at once. */
export function needOf(pod: ResolvedPod): Need {
  let running = { cpu: 0, memory: 0, storage: 0 };
  let peak = running;
  for (const { kind, resources } of pod.containers) {
    const now = plus(running, partOf(resources));
    peak = most(peak, now);
    if (kind !== "init") running = now;
  }
  const whole = most(peak, partOf(pod.resources ?? {}));
  // What volumes take is part of what containers may take, as for the kubelet.
  const storage = Math.max(whole.storage, limitsOnDisk(pod));
  return { ...whole, storage: Math.max(freeStorage, Math.ceil(storage / GiB)) };
}

/** Storage in bytes here: only the whole is rounded up. */
function partOf(resources: ResolvedResources): Need {
  const { memoryRequest = 0, memoryLimit = 0, storageRequest = 0, storageLimit = 0 } = resources;
  return {
    cpu: units(resources.cpuRequest),
    memory: mebibytes(Math.max(memoryRequest, memoryLimit)),
    storage: Math.max(storageRequest, storageLimit),
  };
}

function plus(a: Need, b: Need): Need {
  return { cpu: a.cpu + b.cpu, memory: a.memory + b.memory, storage: a.storage + b.storage };
}

function most(a: Need, b: Need): Need {
  return {
    cpu: Math.max(a.cpu, b.cpu),
    memory: Math.max(a.memory, b.memory),
    storage: Math.max(a.storage, b.storage),
  };
}

/** Rounded before it is rounded up: 0.1 cores are 102.4 units, and 0.3 * 1024 is a little more than it should be. */
function units(cores = 0): number {
  return Math.ceil(Math.round(cores * 1024 * 1e6) / 1e6);
}

/** A limit or request of 0 is none. */
function mebibytes(bytes = 0): number {
  return bytes === 0 ? 0 : Math.max(leastMemory, Math.ceil(bytes / MiB));
}
