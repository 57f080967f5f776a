import { rfc3339 } from "../../model/clock.ts";
import type { Machine } from "./cadvisor.ts";
import { type ContainerUsage, latest, type PodUsage, type Usage } from "./usage.ts";

export interface SummaryOptions {
  readonly nodeName: string;
  /** `only_cpu_and_memory=true` */
  readonly cpuAndMemoryOnly: boolean;
  readonly machine: Machine | undefined;
}

/**
 * The Summary of `/stats/summary` as JSON, a pod at a time (k8s.io/kubelet pkg/apis/stats/v1alpha1/types.go). What is not
 * known is left out: `fs` of the node, and volumes.
 */
export function* summaryParts(usage: Usage, options: SummaryOptions): Generator<string> {
  yield `{"node":${JSON.stringify(nodeOf(usage, options))},"pods":[`;
  for (const [index, pod] of usage.pods.entries()) yield (index > 0 ? "," : "") + JSON.stringify(podOf(pod, options));
  yield "]}\n";
}

function nodeOf({ node, pods }: Usage, { nodeName, machine }: SummaryOptions): object {
  const all = pods.flatMap(({ containers }) => containers);
  const known = node.cpuSeconds !== undefined;
  return {
    nodeName,
    startTime: rfc3339(node.startedAt),
    ...(known && { cpu: cpu(node.time, node.cpuSeconds, coresOf(all)), memory: memory(node.time, all, machine) }),
  };
}

function podOf({ pod, containers, cpuSeconds, network }: PodUsage, { cpuAndMemoryOnly }: SummaryOptions): object {
  const { name, namespace, uid } = pod.metadata ?? {};
  const time = latest(containers.map((one) => one.time));
  const disk = sumKnown(containers.flatMap(({ diskBytes, logBytes }) => [diskBytes, logBytes]));
  const at = rfc3339(time);
  return {
    podRef: { name, namespace, uid },
    startTime: pod.status?.startTime ?? null,
    containers: containers.map((one) => containerOf(one, cpuAndMemoryOnly)),
    ...(containers.length > 0 && { cpu: cpu(time, cpuSeconds, coresOf(containers)), memory: memory(time, containers) }),
    ...(!cpuAndMemoryOnly && {
      ...(network !== undefined && { network: { time: at, name: "", ...network } }),
      ...(disk !== undefined && { "ephemeral-storage": { time: at, usedBytes: disk } }),
    }),
  };
}

function containerOf(one: ContainerUsage, cpuAndMemoryOnly: boolean): object {
  const time = rfc3339(one.time);
  const files = (usedBytes: number | undefined): object | undefined =>
    usedBytes === undefined || cpuAndMemoryOnly ? undefined : { time, usedBytes };
  return {
    name: one.name,
    startTime: rfc3339(one.startedAt),
    cpu: cpu(one.time, one.cpuSeconds, one.cores),
    memory: memory(one.time, [one]),
    // JSON leaves out what is undefined.
    rootfs: files(one.diskBytes),
    logs: files(one.logBytes),
  };
}

/** Whole numbers, as Go reads them. */
function cpu(time: number, coreSeconds: number, cores: number | undefined): object {
  return {
    time: rfc3339(time),
    ...(cores !== undefined && { usageNanoCores: Math.round(cores * 1e9) }),
    usageCoreNanoSeconds: Math.round(coreSeconds * 1e9),
  };
}

function memory(time: number, containers: readonly ContainerUsage[], machine?: Machine): object {
  const workingSetBytes = containers.reduce((sum, one) => sum + one.memoryBytes, 0);
  const rssBytes = sumKnown(containers.map((one) => one.rssBytes));
  const availableBytes = machine === undefined ? undefined : Math.max(0, machine.memory - workingSetBytes);
  return { time: rfc3339(time), availableBytes, workingSetBytes, rssBytes };
}

/** Of those whose rate is known; `undefined` when it is known of none. */
function coresOf(containers: readonly ContainerUsage[]): number | undefined {
  return sumKnown(containers.map(({ cores }) => cores));
}

function sumKnown(numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((one) => one !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, one) => sum + one, 0);
}
