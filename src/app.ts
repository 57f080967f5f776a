/**
 * THE TOUR: from a configuration to running nodes, top to bottom; `virtual-node.ts` goes on with one of them. What
 * data does from there on is drawn in ARCHITECTURE.md; each room named in the two files is one folder.
 */
import { connectCluster } from "./cluster/connect.ts";
import { greet } from "./cluster/greeting.ts";
import { createServiceStore } from "./cluster/service-store.ts";
import type { Configuration } from "./config/schema.ts";
import { createKubeletPorts } from "./kubelet/ports.ts";
import { createLanes } from "./limits/lanes.ts";
import { systemClock as clock } from "./telemetry/clock.ts";
import type { FieldLog } from "./telemetry/log.ts";
import { createProcessMetrics } from "./telemetry/metrics/process-metrics.ts";
import { userAgent } from "./version.ts";
import { lanesAtOnce, runVirtualNode } from "./virtual-node.ts";

/** What the API server is still told at a stop. A pod has 30 s in all, and a silent server would use them up. */
const LAST_WORDS_MS = 5_000;

/** Kubernetes' defaults: --node-monitor-grace-period of the controllers, and the tolerations that admission adds. */
const afterStop =
  "start burstlet again to adopt them; without it the nodes are NotReady within a minute, and their pods are evicted " +
  "when their tolerations for that end (300 s unless a pod says otherwise)";

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
  const { configMapAndSecretChangeDetectionStrategy: changeDetection } = config;
  const metrics = createProcessMetrics(clock);
  const cluster = await connectCluster({
    kubeconfig,
    context,
    userAgent,
    changeDetection,
    clock,
    log,
    seen: metrics.request,
  });
  const services = createServiceStore(cluster);
  const lanes = createLanes(lanesAtOnce);
  metrics.lanes(Object.keys(lanesAtOnce) as (keyof typeof lanesAtOnce)[], lanes.load);
  const kubeletPorts = createKubeletPorts({ config, cluster, clock, random: Math.random, log });
  // One node that cannot start stops the others too, cleanly: half a configuration is nobody's wish.
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  // Closing it fails whatever still waits for an answer, so everything comes to its end.
  stop.addEventListener("abort", () => void clock.after(LAST_WORDS_MS, () => void cluster.close()), { once: true });
  try {
    const { clusterUid, kubernetes } = await greet(cluster, config.clusterID, clock, stop);
    const shared = { config, cluster, services, lanes, kubeletPorts, clusterUid, kubernetes, metrics, log };
    const nodes = config.nodes.map((node) =>
      runVirtualNode(node, shared, stop).catch((error: unknown) => {
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
  if (signal.aborted)
    log.info("stopped; tasks run on", { nodes: config.nodes.map(({ name }) => name), next: afterStop });
}
