/** One virtual node: its provider, its pods, its kubelet API, its Node object, and how they are tied together. */
import { randomBytes } from "node:crypto";
import { providers } from "../providers/index.ts";
import type { Cluster } from "./cluster/cluster.ts";
import type { ServiceStore } from "./cluster/service-store.ts";
import type { Configuration, NodeConfiguration } from "./config/schema.ts";
import { createNodeView } from "./kubelet/metrics/view.ts";
import type { KubeletPorts } from "./kubelet/ports.ts";
import type { Lanes } from "./limits/lanes.ts";
import { createLimiter } from "./limits/limiter.ts";
import { nodeChecks } from "./node/checks.ts";
import { declaredFeatures } from "./node/features.ts";
import { hasEnded, ownHolder } from "./node/holder.ts";
import { createNodeKeeper, type NodeKeeper } from "./node/keeper.ts";
import { defaultTaint, noAddress } from "./node/node-object.ts";
import { createPreflight } from "./node/preflight.ts";
import { type TurnOptions, waitForTurn } from "./node/turn.ts";
import { createPodController, type PodController, type PodControllerOptions } from "./pods/controller.ts";
import { withStaticPods } from "./pods/static/static-pods.ts";
import { createNotices } from "./pods/notices/notices.ts";
import { createLookAtFiles, createPrepare, createPrepareAddition, type Resolving } from "./pods/prepare.ts";
import { createProber } from "./probes/prober.ts";
import type { CallLimits, Capacity, Limiter, Provider, ProviderError } from "./provider.ts";
import { createFingerprint } from "./resolve/live/live-files.ts";
import { keptTokens } from "./resolve/live/tokens.ts";
import { systemClock as clock } from "./telemetry/clock.ts";
import type { FieldLog } from "./telemetry/log.ts";
import { createNodeMetrics, type NodeMetrics } from "./telemetry/metrics/node-metrics.ts";
import type { ProcessMetrics } from "./telemetry/metrics/process-metrics.ts";
import { productVersion } from "./version.ts";

/** How much goes on at once, for all nodes of the process together. */
export const lanesAtOnce = { api: 32, launch: 64, cloud: 64, probe: 128, "exec-probe": 16 } as const;

/** What the nodes of one process share. */
export interface Shared {
  readonly config: Configuration;
  readonly cluster: Cluster;
  readonly services: ServiceStore;
  readonly lanes: Lanes<keyof typeof lanesAtOnce>;
  readonly kubeletPorts: KubeletPorts;
  readonly clusterUid: string;
  /** The API server's version, e.g. `v1.36.3`. */
  readonly kubernetes: string;
  readonly metrics: ProcessMetrics;
  readonly log: FieldLog;
}

/** Runs until the signal aborts, then lets go without stopping a task. Rejects when the node cannot be served. */
export async function runVirtualNode(node: NodeConfiguration, shared: Shared, signal: AbortSignal): Promise<void> {
  const log = shared.log.with({ node: node.name });
  if (node.address === undefined) log.warn("the API server does not find this node", { why: noAddress });
  const seat = { cluster: shared.cluster, holder: ownHolder(), hasEnded, clock, log };
  // First of all, so that a second process on the machine can stand by: the port is still the other's.
  await waitForTurn({ ...seat, facts: node }, signal);
  if (signal.aborted) return;
  const metrics = createNodeMetrics({ nodeName: node.name, clock, shared: shared.metrics });
  const provider = metrics.measured(await openProvider(node, shared.clusterUid, log));
  try {
    await serve({ node, provider, metrics, seat }, shared, signal);
  } finally {
    await provider.close?.();
  }
}

interface Parts {
  readonly node: NodeConfiguration;
  readonly provider: Provider;
  readonly metrics: NodeMetrics;
  readonly seat: Omit<TurnOptions, "facts" | "log"> & { readonly log: FieldLog };
}

async function serve({ node, provider, metrics, seat }: Parts, shared: Shared, signal: AbortSignal): Promise<void> {
  const { cluster, clusterUid } = shared;
  const { log } = seat;
  const version = `${shared.kubernetes}-burstlet-${productVersion}`;
  shared.metrics.build(version, productVersion);
  let told: ProviderError | undefined;
  // What preflight has found comes with its fix; the feed of a cloud that is not set up can only say that it fails.
  const trouble = (): ProviderError | undefined => preflight.trouble() ?? told;
  const changed = (): void => {
    metrics.providerReady(trouble() === undefined);
    keeper.poke();
    pods.troubleChanged();
  };
  const preflight = createPreflight(provider.preflight, { clock, log, changed });
  const providerHealth = (now: ProviderError | undefined): void => {
    told = now;
    changed();
  };
  const cloud = { providerHealth, providerTrouble: trouble };
  const pods = podsOf(node, shared, preflight.guarded(provider), metrics, log, cloud);
  metrics.population(pods.lookup.population);
  const health = nodeChecks({
    known: pods.known,
    apiTrouble: cluster.trouble,
    providerTrouble: () => trouble()?.message,
    leaseAge: () => keeper.leaseAge(),
  });
  const settings = { node, taints: node.taints ?? [defaultTaint(node.provider)], process: shared.config };
  const view = createNodeView({ provider, metrics: metrics.text, probes: metrics.probes, settings, clock, log });
  const context = { nodeName: node.name, pods: pods.lookup, provider, health, view, clock, log };
  const kubelet = await shared.kubeletPorts.open(context);
  metrics.certificateEnd(kubelet.certificateEnd);

  const keeper = createNodeKeeper({
    ...seat,
    cluster,
    facts: {
      ...node,
      port: kubelet.port,
      resourceMetricsPath: kubelet.resourceMetricsPath,
      clusterUid,
      version,
      declaredFeatures: declaredFeatures(shared.kubernetes, node.websockets, provider),
    },
    capacity: async () => provider.capacity(),
    health: () => ({ notReady: undefined, providerTrouble: trouble(), serving: kubelet.serving() }),
  });
  kubelet.onServing(keeper.poke);

  const over = new AbortController();
  void preflight.run(AbortSignal.any([signal, over.signal]));
  try {
    await live(keeper, pods, signal, () => {
      const words = trouble() === undefined ? "node is ready" : "node is there, and its pods wait: see above";
      log.info(words, { port: kubelet.port, provider: provider.name });
    });
  } finally {
    over.abort();
    await kubelet.close();
  }
}

/** The node's own life: registered, then working until the signal aborts or the node is lost. */
async function live(
  keeper: NodeKeeper,
  pods: Pick<PodController, "run">,
  signal: AbortSignal,
  ready: () => void,
): Promise<void> {
  // A keeper that has lost its node ends the pods' work too.
  const lost = new AbortController();
  const stop = AbortSignal.any([signal, lost.signal]);
  let working: Promise<void> | undefined;
  try {
    // The node first: no pod is touched before it is known that it is ours, and that nobody else serves it.
    await keeper.register(stop);
    if (stop.aborted) return;
    ready();
    working = pods.run(stop);
    await keeper.run(stop);
  } finally {
    lost.abort();
    await working;
  }
}

async function openProvider(node: NodeConfiguration, clusterUid: string, log: FieldLog): Promise<Provider> {
  const entry = providers[node.provider];
  if (entry === undefined) throw new Error(`there is no provider ${node.provider}`);
  const { create } = await entry.provider();
  const { name: nodeName, network, grants } = node;
  const limiter = (limits: CallLimits): Limiter => createLimiter(clock, limits);
  return create(node[node.provider], { clusterUid, nodeName, clock, log, network, grants, limiter });
}

function podsOf(
  node: NodeConfiguration,
  { cluster, services, lanes, clusterUid, kubernetes }: Shared,
  provider: Provider,
  meter: NodeMetrics,
  log: FieldLog,
  cloud: Pick<PodControllerOptions, "providerHealth" | "providerTrouble">,
): PodController {
  const hostIP = node.address;
  const { staticPodPath: path } = node;
  const pods = path === undefined ? cluster.pods : withStaticPods({ path, nodeName: node.name, cluster, clock, log });
  // Asked for once, when the first pod needs it: a cloud that is away at the start must not keep the node from running.
  let capacity: Capacity | undefined;
  const serviceAccountToken = keptTokens(cluster.serviceAccountToken.bind(cluster), clock);
  const sources = { ...cluster, serviceAccountToken, services: services.list };
  const fingerprint = createFingerprint(randomBytes(32));
  const notices = createNotices({ ...node, provider, policies: cluster.networkPolicies });
  const resolving = async (): Promise<Resolving> => {
    await services.synced;
    capacity ??= await provider.capacity();
    const { storage } = provider;
    return { provider, sources, fingerprint, notices, node: { ...node, hostIP, allocatable: capacity, storage } };
  };
  return createPodController({
    nodeName: node.name,
    clusterUid,
    node: { hostIP, daemonSetPods: node.daemonSetPods },
    cluster: { ...cluster, pods },
    provider,
    prepare: async (...args) => createPrepare(await resolving())(...args),
    prepareAddition: async (...args) => createPrepareAddition(await resolving())(...args),
    lookAtFiles: async (pod) => createLookAtFiles(await resolving())(pod),
    lanes,
    clock,
    log,
    ...cloud,
    meter,
    askProbe: createProber({ exec: provider.exec?.bind(provider), kubernetes }),
  });
}
