import type { Pod } from "../../provider.ts";
import { metricNames } from "../../telemetry/metrics/names.ts";
import { header, sample } from "../../telemetry/metrics/text.ts";
import { type ContainerUsage, latest, type Usage } from "./usage.ts";

/** What the node promises: cores and bytes. */
export interface Machine {
  readonly cpu: number;
  readonly memory: number;
}

type Name = keyof typeof metricNames.cadvisor;

/**
 * `/metrics/cadvisor`, line by line: what a task's provider knows of cAdvisor's metrics, with the labels by which
 * kube-prometheus reads them: containers have `image` and `container`, a pod's network has neither, the node is id="/".
 */
export function* cadvisorLines(usage: Usage, machine: Machine | undefined): Generator<string> {
  const memory = usage.pods.flatMap(({ containers }) => containers).reduce((all, one) => all + one.memoryBytes, 0);
  const { cpuSeconds, time } = usage.node;

  yield* containers("container_start_time_seconds", usage, ({ startedAt }) => startedAt / 1000);
  yield* containers("container_cpu_usage_seconds_total", usage, (one) => one.cpuSeconds, { cpu: "total" });
  if (cpuSeconds !== undefined) {
    yield sample("container_cpu_usage_seconds_total", { id: "/", cpu: "total" }, cpuSeconds, time);
  }
  yield* containers("container_memory_working_set_bytes", usage, (one) => one.memoryBytes);
  if (cpuSeconds !== undefined) yield sample("container_memory_working_set_bytes", { id: "/" }, memory, time);
  yield* containers("container_memory_rss", usage, (one) => one.rssBytes);
  yield* containers("container_fs_usage_bytes", usage, (one) => one.diskBytes);
  yield* network("container_network_receive_bytes_total", usage, "rxBytes");
  yield* network("container_network_transmit_bytes_total", usage, "txBytes");
  yield* single("container_scrape_error", usage.failed ? 1 : 0);
  if (machine !== undefined) {
    yield* single("machine_cpu_cores", machine.cpu);
    yield* single("machine_memory_bytes", machine.memory);
  }
}

function* containers(
  name: Name,
  usage: Usage,
  value: (container: ContainerUsage) => number | undefined,
  more: { readonly cpu?: string } = {},
): Generator<string> {
  yield header(name, metricNames.cadvisor[name]);
  for (const { pod, containers: list } of usage.pods) {
    for (const one of list) {
      const figure = value(one);
      if (figure !== undefined) yield sample(name, { ...containerLabels(pod, one.name), ...more }, figure, one.time);
    }
  }
}

function* network(name: Name, usage: Usage, direction: "rxBytes" | "txBytes"): Generator<string> {
  yield header(name, metricNames.cadvisor[name]);
  for (const { pod, network: bytes, containers: list } of usage.pods) {
    if (bytes === undefined) continue;
    const time = list.length === 0 ? undefined : latest(list.map((one) => one.time));
    yield sample(name, podLabels(pod), bytes[direction], time);
  }
}

function* single(name: Name, value: number): Generator<string> {
  yield header(name, metricNames.cadvisor[name]);
  yield sample(name, {}, value);
}

function podLabels(pod: Pod): Record<string, string | undefined> {
  const { uid, namespace, name } = pod.metadata ?? {};
  return { id: `/kubepods/pod${uid}`, namespace, pod: name };
}

function containerLabels(pod: Pod, container: string): Record<string, string | undefined> {
  const { spec, status } = pod;
  const isMeant = (one: { readonly name: string }): boolean => one.name === container;
  const state =
    status?.containerStatuses?.find(isMeant) ??
    status?.initContainerStatuses?.find(isMeant) ??
    status?.ephemeralContainerStatuses?.find(isMeant);
  const { id: podId, namespace, pod: podName } = podLabels(pod);
  // `<runtime>://<id>`
  const name = state?.containerID?.split("://")[1];
  return {
    container,
    id: `${podId}/${name ?? container}`,
    // Rules take a row without an image for a pod's own: the name in the spec stands in until the status has one.
    image: state?.image || [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].find(isMeant)?.image,
    name,
    namespace,
    pod: podName,
  };
}
