import { metricNames } from "../../telemetry/metrics/names.ts";
import { header, sample } from "../../telemetry/metrics/text.ts";
import { type ContainerUsage, latest, type PodUsage, type Usage } from "./usage.ts";

/** metrics-server takes a CPU counter of 0 for "not known", and with it drops the whole pod. */
const leastSeconds = 1e-9;

type Name = keyof typeof metricNames.resource;

/**
 * `/metrics/resource`, line by line. A container is told whole or not at all: one that lacks CPU or memory makes
 * metrics-server drop its pod (pkg/scraper/client/resource/decode.go). Samples carry the time at which they were taken.
 */
export function* resourceLines(usage: Usage): Generator<string> {
  const pods = usage.pods.flatMap(complete);
  const memory = sum(pods.map((pod) => pod.memoryBytes));
  const { cpuSeconds, time } = usage.node;

  yield* family("node_cpu_usage_seconds_total", function* (name) {
    if (cpuSeconds !== undefined) yield sample(name, {}, atLeast(cpuSeconds), time);
  });
  yield* family("node_memory_working_set_bytes", function* (name) {
    if (memory > 0) yield sample(name, {}, memory, time);
  });
  yield* perContainer("container_start_time_seconds", pods, ({ startedAt }) => startedAt / 1000, { timed: false });
  yield* perContainer("container_cpu_usage_seconds_total", pods, (one) => atLeast(one.cpuSeconds), { timed: true });
  yield* perContainer("container_memory_working_set_bytes", pods, (one) => one.memoryBytes, { timed: true });
  yield* perPod("pod_cpu_usage_seconds_total", pods, (pod) => atLeast(pod.cpuSeconds));
  yield* perPod("pod_memory_working_set_bytes", pods, (pod) => pod.memoryBytes);
  for (const name of ["scrape_error", "resource_scrape_error"] as const) {
    yield* family(name, function* () {
      yield sample(name, {}, usage.failed ? 1 : 0);
    });
  }
}

interface Row {
  readonly labels: { readonly namespace: string | undefined; readonly pod: string | undefined };
  readonly containers: readonly ContainerUsage[];
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly time: number;
}

function complete({ pod, containers, cpuSeconds }: PodUsage): Row[] {
  const known = containers.filter(({ memoryBytes }) => memoryBytes > 0);
  if (known.length === 0) return [];
  return [
    {
      labels: { namespace: pod.metadata?.namespace, pod: pod.metadata?.name },
      containers: known,
      cpuSeconds,
      memoryBytes: sum(known.map(({ memoryBytes }) => memoryBytes)),
      time: latest(known.map(({ time }) => time)),
    },
  ];
}

function* family(name: Name, lines: (name: Name) => Iterable<string>): Generator<string> {
  yield header(name, metricNames.resource[name]);
  yield* lines(name);
}

function* perContainer(
  name: Name,
  pods: readonly Row[],
  value: (container: ContainerUsage) => number,
  { timed }: { timed: boolean },
): Generator<string> {
  yield header(name, metricNames.resource[name]);
  for (const { labels, containers } of pods) {
    for (const one of containers) {
      // Their order means nothing, but virtual-kubelet's end-to-end suite takes the second for the pod's name.
      const { pod, namespace } = labels;
      yield sample(name, { container: one.name, pod, namespace }, value(one), timed ? one.time : undefined);
    }
  }
}

function* perPod(name: Name, pods: readonly Row[], value: (pod: Row) => number): Generator<string> {
  yield header(name, metricNames.resource[name]);
  for (const pod of pods) yield sample(name, pod.labels, value(pod), pod.time);
}

function atLeast(seconds: number): number {
  return Math.max(seconds, leastSeconds);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
