/**
 * Keeps one virtual node in the cluster: its object, its status, its lease. Survives the deletion of the object and
 * any outage of the API server. A clean stop gives the lease back and leaves the node and its tasks alone.
 */
import { ApiError, type Cluster, type WatchSink } from "../cluster/cluster.ts";
import type { Node } from "../model/kube.ts";
import type { Clock } from "../provider.ts";
import { createKeptNode, ForeignNodeError, type KeptNode, type KeptNodeOptions } from "./kept-node.ts";
import { giveBackLease, type LeaseOptions, LostNodeError, renewLease } from "./kept-lease.ts";
import { RENEW_EVERY_MS } from "./lease.ts";
import { waitForTurn } from "./turn.ts";

const RETRY_MS = 2_000;
const CAPACITY_EVERY_MS = 60_000;

export interface NodeKeeperOptions extends KeptNodeOptions, LeaseOptions {
  readonly cluster: Pick<Cluster, "nodes" | "leases" | "events">;
  readonly facts: KeptNodeOptions["facts"];
}

export interface NodeKeeper {
  /** Rejects with a sentence for the user when the name belongs to a node that is not ours. Waits for the API server. */
  register(signal: AbortSignal): Promise<void>;
  /**
   * Renews and reports until the signal aborts, then gives the lease back. Rejects with a sentence for the user when
   * another process serves this node by now.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Something that `health` tells has changed: report soon. */
  poke(): void;
  /** Since the lease was renewed, milliseconds; `Infinity` before the first time. */
  leaseAge(): number;
}

export function createNodeKeeper(options: NodeKeeperOptions): NodeKeeper {
  const { cluster, clock, log } = options;
  const { name } = options.facts;
  // A new Node object has a new uid: the lease of the old one goes with it.
  const kept = createKeptNode(options, (node) => renewOf(node));
  const attempt = createAttempt(options, kept);
  let wake = Promise.withResolvers<void>();
  let renewedAt = Number.NEGATIVE_INFINITY;

  const renewOf = async (node: Node): Promise<void> => {
    await renewLease(options, node);
    renewedAt = clock.monotonic();
  };
  const renew = async (): Promise<void> => {
    if (kept.seen !== undefined) await renewOf(kept.seen);
  };
  const reportLoop = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      wake = Promise.withResolvers();
      const well = await attempt("status", kept.report);
      const pause = clock.sleep(well ? RENEW_EVERY_MS : RETRY_MS, signal).catch(() => undefined);
      await Promise.race([pause, wake.promise]);
    }
  };
  const poke = (): void => wake.resolve();

  return {
    poke,
    leaseAge: () => clock.monotonic() - renewedAt,
    async register(signal) {
      while (!signal.aborted) {
        try {
          await waitForTurn(options, signal);
          // Stopped while it waited: the node is still the other's, whose port must stay in its status.
          if (signal.aborted) return;
          await kept.report();
          return await renew();
        } catch (error) {
          if (error instanceof ForeignNodeError) throw error;
          log.debug("node could not be registered yet", { node: name, err: String(error) });
          await clock.sleep(RETRY_MS, signal).catch(() => undefined);
        }
      }
    },
    async run(signal) {
      await Promise.all([
        cluster.nodes.watch(name, nodeSink(options, kept, poke, signal), signal),
        reportLoop(signal),
        every(clock, RENEW_EVERY_MS, signal, () => attempt("lease", renew)),
        every(clock, CAPACITY_EVERY_MS, signal, () => attempt("capacity", kept.refreshCapacity)),
      ]);
      await attempt("lease given back", () => giveBackLease(options));
    },
  };
}

type Attempt = (what: string, operation: () => Promise<void>) => Promise<boolean>;

/** Runs an operation that may fail for a while; rejects only when another process has the node. */
function createAttempt({ cluster, facts: { name }, log }: NodeKeeperOptions, kept: KeptNode): Attempt {
  let told = "";
  return async (what, operation) => {
    try {
      await operation();
      if (what === "status") told = "";
      return true;
    } catch (error) {
      if (error instanceof LostNodeError) throw error;
      if (error instanceof ForeignNodeError && told !== error.message) {
        told = error.message;
        log.error("node object is not ours any more", { node: name, err: error.message });
      }
      // A conflict means that our picture is old: read the node afresh.
      if (error instanceof ApiError && error.status === 409)
        kept.seen = await cluster.nodes.get(name).catch(() => undefined);
      log.debug("node could not be kept", { node: name, what, err: String(error) });
      return false;
    }
  };
}

async function every(clock: Clock, ms: number, signal: AbortSignal, operation: () => Promise<boolean>): Promise<void> {
  while (!signal.aborted) {
    const well = await operation();
    await clock.sleep(well ? ms : RETRY_MS, signal).catch(() => undefined);
  }
}

function nodeSink(
  { facts: { name }, log }: NodeKeeperOptions,
  kept: KeptNode,
  poke: () => void,
  signal: AbortSignal,
): WatchSink<Node> {
  return {
    changed(seen) {
      kept.seen = seen;
      // While a lease was late the cluster says Unknown: that is put right now, not at the next round.
      if (seen.status?.conditions?.some((one) => one.type === "Ready" && one.status === "Unknown")) poke();
    },
    removed(seen) {
      // Late news of the object that was here before.
      if (signal.aborted || (kept.seen !== undefined && kept.seen.metadata?.uid !== seen.metadata?.uid)) return;
      log.warn("node object was deleted by somebody else", { node: name });
      kept.seen = undefined;
      poke();
    },
    synced: () => undefined,
  };
}
