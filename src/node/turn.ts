import type { NodesApi } from "../cluster/cluster.ts";
import { ForeignNodeError, ownNode } from "./kept-node.ts";
import { type LeaseOptions, waitForLease } from "./kept-lease.ts";

const RETRY_MS = 2_000;

export interface TurnOptions extends LeaseOptions {
  readonly cluster: LeaseOptions["cluster"] & { readonly nodes: NodesApi };
}

/**
 * Resolves when the node is free for this process, or the signal aborts: the name is ours, and nobody else serves it.
 * Rejects with a ForeignNodeError when the name belongs to a node that is not ours. Waits for the API server.
 */
export async function waitForTurn(options: TurnOptions, signal: AbortSignal): Promise<void> {
  const { facts, clock, log } = options;
  while (!signal.aborted) {
    try {
      // Ownership first: a real kubelet renews its lease for ever.
      await ownNode(options);
      return await waitForLease(options, signal);
    } catch (error) {
      if (error instanceof ForeignNodeError) throw error;
      log.debug("it cannot be told yet whether the node is free", { node: facts.name, err: String(error) });
      await clock.sleep(RETRY_MS, signal).catch(() => undefined);
    }
  }
}
