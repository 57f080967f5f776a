/** One virtual node: its provider, its pods, its kubelet API, its Node object, and how they are tied together. */
import { providers } from "../providers/index.ts";
import type { Cluster } from "./cluster/cluster.ts";
import type { ServiceStore } from "./cluster/service-store.ts";
import type { NodeConfiguration } from "./config/schema.ts";
import type { KubeletPorts } from "./kubelet/ports.ts";
import type { Lanes } from "./limits/lanes.ts";
import { declaredFeatures } from "./node/features.ts";
import { hasEnded, ownHolder } from "./node/holder.ts";
import { createNodeKeeper } from "./node/keeper.ts";
import { createPodController } from "./pods/controller.ts";
import { createPrepare } from "./pods/prepare.ts";
import type { Capacity, Provider, ProviderError } from "./provider.ts";
import { systemClock as clock } from "./telemetry/clock.ts";
import type { FieldLog } from "./telemetry/log.ts";
import { productVersion } from "./version.ts";

/** How much goes on at once, for all nodes of the process together. */
export const lanesAtOnce = { api: 32, launch: 64, cloud: 64 } as const;

/** What the nodes of one process share. */
export interface Shared {
  readonly cluster: Cluster;
  readonly services: ServiceStore;
  readonly lanes: Lanes<keyof typeof lanesAtOnce>;
  readonly kubeletPorts: KubeletPorts;
  readonly clusterUid: string;
  /** The API server's version, e.g. `v1.36.3`. */
  readonly kubernetes: string;
  readonly log: FieldLog;
}

const noAddress = {
  why: "it has no address",
  fix: "nodes[].address in the configuration, or --node-ip: an address of this machine that the API server reaches",
};

/** Runs until the signal aborts, then lets go without stopping a task. Rejects when the node cannot be served. */
export async function runVirtualNode(node: NodeConfiguration, shared: Shared, signal: AbortSignal): Promise<void> {
  const { cluster, clusterUid } = shared;
  const log = shared.log.with({ node: node.name });
  if (node.address === undefined) log.warn("kubectl logs, exec and top will not reach this node", noAddress);
  const provider = await openProvider(node, clusterUid, log);
  let trouble: ProviderError | undefined;
  const pods = podsOf(node, shared, provider, log, (now) => {
    trouble = now;
    keeper.poke();
  });

  const context = { nodeName: node.name, pods: pods.lookup, provider, health: [], clock, log };
  const kubelet = await shared.kubeletPorts.open(context);

  const keeper = createNodeKeeper({
    cluster,
    facts: {
      ...node,
      port: kubelet.port,
      resourceMetricsPath: kubelet.resourceMetricsPath,
      clusterUid,
      version: `${shared.kubernetes}-burstlet-${productVersion}`,
      declaredFeatures: declaredFeatures(shared.kubernetes, node.websockets, provider),
    },
    capacity: async () => provider.capacity(),
    health: () => ({ notReady: undefined, providerTrouble: trouble, serving: kubelet.serving() }),
    holder: ownHolder(),
    hasEnded,
    clock,
    log,
  });
  kubelet.onServing(keeper.poke);

  // A keeper that has lost its node ends the pods' work too, and everything is closed whichever way it ends.
  const lost = new AbortController();
  const stop = AbortSignal.any([signal, lost.signal]);
  let working: Promise<void> | undefined;
  try {
    // The node first: no pod is touched before it is known that it is ours, and that nobody else serves it.
    await keeper.register(stop);
    if (stop.aborted) return;
    log.info("node is ready", { port: kubelet.port, provider: provider.name });
    working = pods.run(stop);
    await keeper.run(stop);
  } finally {
    lost.abort();
    await working;
    await kubelet.close();
    await provider.close?.();
  }
}

async function openProvider(node: NodeConfiguration, clusterUid: string, log: FieldLog): Promise<Provider> {
  const entry = providers[node.provider];
  if (entry === undefined) throw new Error(`there is no provider ${node.provider}`);
  const { create } = await entry.provider();
  return create(node[node.provider], { clusterUid, nodeName: node.name, clock, log });
}

function podsOf(
  node: NodeConfiguration,
  { cluster, services, lanes, clusterUid }: Shared,
  provider: Provider,
  log: FieldLog,
  providerHealth: (trouble: ProviderError | undefined) => void,
): ReturnType<typeof createPodController> {
  const hostIP = node.address;
  // Asked for once, when the first pod needs it: a cloud that is away at the start must not keep the node from running.
  let capacity: Capacity | undefined;
  return createPodController({
    nodeName: node.name,
    clusterUid,
    node: { hostIP, daemonSetPods: node.daemonSetPods },
    cluster,
    provider,
    async prepare(...args) {
      await services.synced;
      capacity ??= await provider.capacity();
      const resolveNode = { ...node, hostIP, allocatable: capacity };
      return createPrepare(provider, { ...cluster, services: services.list }, resolveNode)(...args);
    },
    lanes,
    clock,
    log,
    providerHealth,
  });
}
