import type { Clock } from "../../model/clock.ts";
import type { Provider } from "../../provider.ts";
import { type CallSeen, measuredProvider } from "./measured-provider.ts";
import { createMeters } from "./meters.ts";
import { metricNames } from "./names.ts";
import { createProbeMetrics, type ProbeMetrics } from "./probe-metrics.ts";

/** What a node holds at the moment of a scrape. */
export interface Population {
  /** Pods with a live task. */
  readonly pods: number;
  readonly containers: { readonly running: number; readonly exited: number; readonly unknown: number };
}

export interface NodeMetrics extends Pick<ProbeMetrics, "probed" | "unprobed"> {
  /** The same provider, its calls counted. */
  measured(provider: Provider): Provider;
  providerReady(ready: boolean): void;
  /** Read at each scrape. */
  population(read: () => Population): void;
  /** When the certificate of the kubelet port expires, milliseconds since 1970; read at each scrape. */
  certificateEnd(read: () => number): void;
  /** A pass over one pod has ended. `operation`: the kubelet's words. */
  passed(operation: "create" | "sync" | "kill" | "terminated", seconds: number, failed: boolean): void;
  /** A pod's task runs, so long after the pod was first seen. */
  podStarted(seconds: number): void;
  containerStarted(type: "container" | "init_container" | "ephemeral_container"): void;
  /** Prometheus text, with what the process as a whole tells. */
  text(): Promise<string>;
  /** Prometheus text of `/metrics/probes`. */
  probes(): Promise<string>;
}

export interface NodeMetricsOptions {
  readonly nodeName: string;
  readonly clock: Clock;
  /** Of the process. */
  readonly shared: { text(): Promise<string> };
}

/** The metrics of one virtual node. Counting costs a few microseconds. */
export function createNodeMetrics({ nodeName, clock, shared }: NodeMetricsOptions): NodeMetrics {
  const { meters, registry } = createMeters(metricNames.node);
  const { text: probes, ...probing } = createProbeMetrics();
  let readPopulation: (() => Population) | undefined;
  let readCertificateEnd: (() => number) | undefined;
  meters.kubelet_node_name.set({ node: nodeName }, 1);
  meters.burstlet_provider_ready.set(1);

  const called = ({ operation, seconds, error, attempt }: CallSeen): void => {
    const labels = { operation_type: operation };
    meters.kubelet_runtime_operations_total.inc(labels);
    meters.kubelet_runtime_operations_duration_seconds.observe(labels, seconds);
    if (error !== undefined) {
      meters.kubelet_runtime_operations_errors_total.inc(labels);
      meters.burstlet_provider_errors_total.inc({ operation, kind: error });
    }
    if (attempt === undefined) return;
    meters.kubelet_started_pods_total.inc();
    if (error !== undefined) meters.kubelet_started_pods_errors_total.inc();
    const result = error === undefined ? "accepted" : "failed";
    meters.burstlet_launches_total.inc({ attempt: attempt === 1 ? "first" : "later", result });
  };

  return {
    ...probing,
    probes,
    measured: (provider) => measuredProvider(provider, clock, called),
    providerReady: (ready) => meters.burstlet_provider_ready.set(ready ? 1 : 0),
    population(read) {
      readPopulation = read;
    },
    certificateEnd(read) {
      readCertificateEnd = read;
    },
    passed(operation, seconds, failed) {
      meters.kubelet_pod_worker_duration_seconds.observe({ operation_type: operation }, seconds);
      meters.workqueue_adds_total.inc({ name: "pods" });
      if (failed) meters.workqueue_retries_total.inc({ name: "pods" });
    },
    podStarted: (seconds) => meters.kubelet_pod_start_duration_seconds.observe(seconds),
    containerStarted: (type) => meters.kubelet_started_containers_total.inc({ container_type: type }),
    async text() {
      if (readPopulation !== undefined) {
        const { pods, containers } = readPopulation();
        meters.kubelet_running_pods.set(pods);
        for (const [state, count] of Object.entries(containers)) {
          meters.kubelet_running_containers.set({ container_state: state }, count);
        }
      }
      // The kubelet's word for a certificate that is not there yet.
      const seconds = readCertificateEnd === undefined ? Infinity : (readCertificateEnd() - clock.now()) / 1000;
      meters.kubelet_certificate_manager_server_ttl_seconds.set(seconds);
      return `${await registry.metrics()}\n${await shared.text()}`;
    },
  };
}
