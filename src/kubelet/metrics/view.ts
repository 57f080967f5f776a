/** What the metrics endpoints show of one node. */
import type { Clock, Log, Provider } from "../../provider.ts";
import type { Machine } from "./cadvisor.ts";
import type { NodeSettings } from "./configz.ts";
import { remembering } from "./remembered.ts";
import { createUsageReader, type UsageReader } from "./usage.ts";

export interface NodeView {
  readonly usage: UsageReader;
  /** `undefined` when the provider cannot say. */
  machine(): Promise<Machine | undefined>;
  /** Prometheus text of `/metrics`. */
  metrics(): Promise<string>;
  /** Prometheus text of `/metrics/probes`. */
  probes(): Promise<string>;
  readonly settings: NodeSettings;
}

export interface NodeViewOptions {
  readonly provider: Provider;
  readonly metrics: () => Promise<string>;
  readonly probes: () => Promise<string>;
  readonly settings: NodeSettings;
  readonly clock: Clock;
  readonly log: Log;
}

export function createNodeView({ provider, metrics, probes, settings, clock, log }: NodeViewOptions): NodeView {
  // The node's own status asks the provider every minute as well.
  const capacity = remembering({ clock, ask: () => provider.capacity(), goodForMs: 60_000, patienceMs: 5_000 });
  return {
    usage: createUsageReader({ provider, clock, log }),
    machine: async () => (await capacity()).value,
    metrics,
    probes,
    settings,
  };
}
