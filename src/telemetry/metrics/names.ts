/**
 * THE table of metrics: every name that is ever served, with its kind, help and labels. Names without `burstlet_` are
 * the kubelet's, client-go's or cAdvisor's own (Kubernetes 1.36), with their meaning, so that stock dashboards fill.
 * `docs/metrics.md` has a row for each; a test compares the two.
 */
export interface MetricRow {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, seconds. */
  readonly buckets?: readonly number[];
}

const counter = <const L extends readonly string[]>(help: string, labels: L) =>
  ({ kind: "counter", help, labels }) as const;
const gauge = <const L extends readonly string[]>(help: string, labels: L) =>
  ({ kind: "gauge", help, labels }) as const;
const histogram = <const L extends readonly string[]>(help: string, labels: L, buckets: readonly number[]) =>
  ({ kind: "histogram", help, labels, buckets }) as const;

/** Bounds as the kubelet and client-go have them: quantiles of different nodes can be added up only over equal bounds. */
const startBuckets = [
  0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600,
];
const workerBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const requestBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
/** 5 ms, 14 bounds, each 2.5 times the one before. */
const operationBuckets = Array.from({ length: 14 }, (_, index) => Number((0.005 * 2.5 ** index).toPrecision(6)));

/** Prometheus' own default, which the kubelet takes for probes. */
const probeBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const container = ["container", "namespace", "pod"] as const;
const cadvisor = ["container", "id", "image", "name", "namespace", "pod"] as const;

export const metricNames = {
  /** `/metrics` of every node of the process: the same figures on each. */
  process: {
    kubernetes_build_info: gauge("The version that the node reports; the value is 1.", [
      "major",
      "minor",
      "git_version",
      "platform",
    ]),
    burstlet_build_info: gauge("The version of burstlet; the value is 1.", ["version", "node_version"]),
    process_cpu_seconds_total: counter("User and system CPU time spent by the process, in seconds.", []),
    process_resident_memory_bytes: gauge("Resident memory of the process, in bytes.", []),
    process_start_time_seconds: gauge("Start of the process, in seconds since 1970.", []),
    rest_client_requests_total: counter("Requests to the API server, by status code, method and host.", [
      "code",
      "method",
      "host",
    ]),
    rest_client_request_duration_seconds: histogram(
      "Time from a request to its answer, waiting for a connection included; of a watch, to its first byte.",
      ["verb", "host"],
      requestBuckets,
    ),
    burstlet_api_requests_total: counter("Requests to the API server, by verb, resource and status code.", [
      "verb",
      "resource",
      "code",
    ]),
    burstlet_lane_waiting: gauge("Work that waits for a place in its lane.", ["lane"]),
    burstlet_lane_running: gauge("Work under way in its lane.", ["lane"]),
    burstlet_event_loop_delay_seconds: gauge(
      "How late the event loop was in the last finished window of at least 15 s; quantile 1 is the longest delay.",
      ["quantile"],
    ),
  },
  /** `/metrics` of one node. */
  node: {
    kubelet_node_name: gauge("The node's name; the value is 1.", ["node"]),
    kubelet_running_pods: gauge("Pods with a live task.", []),
    kubelet_running_containers: gauge("Containers by state.", ["container_state"]),
    kubelet_started_pods_total: counter("Launches asked of the provider.", []),
    kubelet_started_pods_errors_total: counter("Launches that failed.", []),
    kubelet_started_containers_total: counter("Containers seen to start.", ["container_type"]),
    kubelet_pod_start_duration_seconds: histogram(
      "From the first sight of a pod to its task running.",
      [],
      startBuckets,
    ),
    kubelet_pod_worker_duration_seconds: histogram("One pass over one pod.", ["operation_type"], workerBuckets),
    kubelet_runtime_operations_total: counter("Calls of the provider.", ["operation_type"]),
    kubelet_runtime_operations_errors_total: counter("Calls of the provider that failed.", ["operation_type"]),
    kubelet_runtime_operations_duration_seconds: histogram(
      "Duration of calls of the provider.",
      ["operation_type"],
      operationBuckets,
    ),
    kubelet_certificate_manager_server_ttl_seconds: gauge(
      "Seconds until the certificate of the kubelet port expires, negative once it has.",
      [],
    ),
    workqueue_adds_total: counter("Work items taken from the queue.", ["name"]),
    workqueue_retries_total: counter("Work items that failed and are tried again.", ["name"]),
    burstlet_launches_total: counter("Launches by attempt (first, later) and result (accepted, failed).", [
      "attempt",
      "result",
    ]),
    burstlet_provider_errors_total: counter("Errors of the provider by operation and kind, `throttled` among them.", [
      "operation",
      "kind",
    ]),
    burstlet_provider_ready: gauge("0 while the provider is in trouble as a whole, else 1.", []),
  },
  /** `/metrics/resource`: k8s.io/kubernetes pkg/kubelet/metrics/collectors/resource_metrics.go, without swap. */
  resource: {
    node_cpu_usage_seconds_total: counter("Cumulative cpu time consumed by the node in core-seconds", []),
    node_memory_working_set_bytes: gauge("Current working set of the node in bytes", []),
    container_start_time_seconds: gauge("Start time of the container since unix epoch in seconds", container),
    container_cpu_usage_seconds_total: counter(
      "Cumulative cpu time consumed by the container in core-seconds",
      container,
    ),
    container_memory_working_set_bytes: gauge("Current working set of the container in bytes", container),
    pod_cpu_usage_seconds_total: counter("Cumulative cpu time consumed by the pod in core-seconds", [
      "namespace",
      "pod",
    ]),
    pod_memory_working_set_bytes: gauge("Current working set of the pod in bytes", ["namespace", "pod"]),
    scrape_error: gauge("1 if there was an error while getting container metrics, 0 otherwise", []),
    resource_scrape_error: gauge("1 if there was an error while getting container metrics, 0 otherwise", []),
  },
  /** `/metrics/cadvisor`. */
  cadvisor: {
    container_start_time_seconds: gauge("Start time of the container since unix epoch in seconds.", cadvisor),
    container_cpu_usage_seconds_total: counter("Cumulative cpu time consumed in seconds.", [...cadvisor, "cpu"]),
    container_memory_working_set_bytes: gauge("Current working set in bytes.", cadvisor),
    container_memory_rss: gauge("Size of RSS in bytes.", cadvisor),
    container_fs_usage_bytes: gauge("Number of bytes that are consumed by the container on its filesystem.", cadvisor),
    container_network_receive_bytes_total: counter("Cumulative count of bytes received", cadvisor),
    container_network_transmit_bytes_total: counter("Cumulative count of bytes transmitted", cadvisor),
    container_scrape_error: gauge("1 if there was an error while getting container metrics, 0 otherwise", []),
    machine_cpu_cores: gauge("Number of cores that the node promises.", []),
    machine_memory_bytes: gauge("Amount of memory that the node promises, in bytes.", []),
  },
  /** `/metrics/probes`: k8s.io/kubernetes pkg/kubelet/prober/prober_manager.go. */
  probes: {
    prober_probe_total: counter(
      "Cumulative number of a liveness, readiness or startup probe for a container by result.",
      ["probe_type", "result", "container", "pod", "namespace", "pod_uid"],
    ),
    prober_probe_duration_seconds: histogram(
      "Duration in seconds for a probe response.",
      ["probe_type", "container", "pod", "namespace"],
      probeBuckets,
    ),
  },
} as const satisfies Record<string, Readonly<Record<string, MetricRow>>>;
