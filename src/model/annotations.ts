/** Every label and annotation of ours, named once. Per cloud: `<provider>.burstlet.dev/<key>`. */
export const annotations = {
  /** The nth launch for this pod; part of the write-ahead record. */
  attempt: "burstlet.dev/attempt",
  /** The nth request for this attempt; part of the write-ahead record. */
  try: "burstlet.dev/try",
  /** Name of the virtual node's provider; part of the write-ahead record. */
  backend: "burstlet.dev/backend",
  /** When the record was written, RFC 3339: past the provider's memory the outcome of a launch is unknown. */
  recorded: "burstlet.dev/recorded",
  /** Seconds for which the cloud remembers this launch, where that is another time than the provider's. */
  memory: "burstlet.dev/memory",
  /** The provider's own word on where to look for this launch; part of the write-ahead record. */
  trail: "burstlet.dev/trail",
  /** Of a launch that no cloud remembers: `no`, nothing has been sent for it yet; else when it may have been, RFC 3339. */
  sent: "burstlet.dev/sent",
  /** Restarts counted before this attempt, `container=count,…`: restartCount never falls. */
  earlierRestarts: "burstlet.dev/earlier-restarts",
  /** The cloud's id of the task. */
  task: "burstlet.dev/task",
  /** What was really provisioned, e.g. `0.25vCPU 0.5GB`. */
  provisioned: "burstlet.dev/provisioned",
  hourlyUsd: "burstlet.dev/hourly-usd",
} as const;

/** Marks a Node object as owned by this installation: value = an id of the installation (cluster uid + owner). */
export const nodeOwnerAnnotation = "burstlet.dev/owner";

/** Node condition: can the provider's cloud be used right now? */
export const providerReadyCondition = "burstlet.dev/ProviderReady";

/** Node condition: does the kubelet port serve the certificate that the configuration asks for? */
export const servingCertificateCondition = "burstlet.dev/ServingCertificate";

/** Node condition: has the node an address by which the API server reaches its kubelet port? */
export const addressKnownCondition = "burstlet.dev/AddressKnown";

/** Node annotation of metrics-server: where it finds this node's usage figures (its pkg/scraper/client/resource). */
export const resourceMetricsPathAnnotation = "metrics.k8s.io/resource-metrics-path";

/** Taint while the provider's cloud cannot be used. */
export const providerTroubleTaint = "burstlet.dev/provider-not-ready";

/** The taint of every virtual node, as users of virtual-kubelet know it. */
export const providerTaint = "virtual-kubelet.io/provider";
