/**
 * THE TOUR: from a configuration to a running node, top to bottom. What data does from here on is drawn in
 * ARCHITECTURE.md; each room named below is one folder.
 */
import { hostname } from "node:os";
import { providers } from "../providers/index.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { connectCluster } from "./cluster/connect.ts";
import { greet } from "./cluster/greeting.ts";
import { createServiceStore, type ServiceStore } from "./cluster/service-store.ts";
import type { Configuration, NodeConfiguration } from "./config/schema.ts";
import { selfSignedCertificate } from "./kubelet/certificate.ts";
import { startKubeletServer } from "./kubelet/server.ts";
import { createLanes } from "./limits/lanes.ts";
import { createNodeKeeper } from "./node/keeper.ts";
import type { NodeHealth } from "./node/node-object.ts";
import { createPodController } from "./pods/controller.ts";
import { createPrepare } from "./pods/prepare.ts";
import { systemClock as clock } from "./telemetry/clock.ts";
import type { FieldLog } from "./telemetry/log.ts";
import { productVersion, userAgent } from "./version.ts";

/** How much goes on at once, for all nodes of the process together. */
const lanesAtOnce = { api: 32, launch: 64, cloud: 64 } as const;

/** A node is registered as soon as its tasks are known, or after this long: a slow cloud must not evict pods. */
const TASKS_WITHIN_MS = 5_000;

export interface AppOptions {
  readonly config: Configuration;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly log: FieldLog;
  /** Aborting it is the clean stop: tasks run on, leases are given back. */
  readonly signal: AbortSignal;
}

/** Runs every virtual node of the configuration. Resolves after a clean stop; rejects with an Error for the user. */
export async function runApp({ config, kubeconfig, context, log, signal }: AppOptions): Promise<void> {
  const cluster = await connectCluster({ kubeconfig, context, userAgent, clock, log });
  const services = createServiceStore(cluster);
  const lanes = createLanes(lanesAtOnce);
  // One node that cannot start stops the others too, cleanly: half a configuration is nobody's wish.
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  try {
    const { clusterUid, kubernetes } = await greet(cluster, config.clusterID, clock, stop);
    const shared = { cluster, services, lanes, clusterUid, kubernetes, log };
    const nodes = config.nodes.map((node) =>
      runNode(node, shared, stop).catch((error: unknown) => {
        failure.abort(error);
        throw error;
      }),
    );
    await Promise.all([services.run(stop), ...nodes.map(async (node) => node.catch(() => undefined))]);
    await Promise.all(nodes);
    await cluster.events.flush();
  } catch (error) {
    // A stop that was asked for is no failure, however early it came.
    if (!signal.aborted) throw error;
  } finally {
    await cluster.close();
  }
}

interface Shared {
  readonly cluster: Cluster;
  readonly services: ServiceStore;
  readonly lanes: ReturnType<typeof createLanes<keyof typeof lanesAtOnce>>;
  readonly clusterUid: string;
  readonly kubernetes: string;
  readonly log: FieldLog;
}

/** One virtual node: its provider, its pods, its kubelet API, its Node object. */
async function runNode(node: NodeConfiguration, shared: Shared, signal: AbortSignal): Promise<void> {
  const { cluster, services, lanes, clusterUid } = shared;
  const log = shared.log.with({ node: node.name });
  const hostIP = node.address;
  const entry = providers[node.provider];
  if (entry === undefined) throw new Error(`there is no provider ${node.provider}`);
  const { create } = await entry.provider();
  const provider = await create(node[node.provider], { clusterUid, nodeName: node.name, clock, log });
  const capacity = await provider.capacity();

  const health: { -readonly [K in keyof NodeHealth]: NodeHealth[K] } = { notReady: undefined, providerTrouble: undefined };
  const resolveNode = { ...node, hostIP, allocatable: capacity };
  const prepare = createPrepare(provider, { ...cluster, services: services.list }, resolveNode);
  const pods = createPodController({
    nodeName: node.name,
    clusterUid,
    node: { hostIP, daemonSetPods: node.daemonSetPods },
    cluster,
    provider,
    prepare: async (...args) => services.synced.then(() => prepare(...args)),
    lanes,
    clock,
    log,
    providerHealth(trouble) {
      health.providerTrouble = trouble;
      keeper.poke();
    },
  });

  const kubelet = await startKubeletServer({
    address: hostIP ?? "127.0.0.1",
    port: node.port,
    nodeName: node.name,
    certificate: selfSignedCertificate({ name: node.name, addresses: hostIP === undefined ? [] : [hostIP], now: clock.now() }),
    clientCA: cluster.clientCA,
    reviewer: cluster,
    pods: pods.lookup,
    provider,
    clock,
    log,
  });

  const keeper = createNodeKeeper({
    cluster,
    facts: { ...node, clusterUid, port: kubelet.port, version: `${shared.kubernetes}-burstlet-${productVersion}` },
    capacity: provider.capacity,
    health: () => health,
    holder: `${node.name}@${hostname()}`,
    clock,
    log,
  });

  const working = pods.run(signal);
  await Promise.race([pods.synced, clock.sleep(TASKS_WITHIN_MS, signal).catch(() => undefined)]);
  await keeper.register(signal);
  log.info("node is ready", { port: kubelet.port, provider: provider.name });
  await Promise.all([working, keeper.run(signal)]);
  await kubelet.close();
  await provider.close?.();
}
