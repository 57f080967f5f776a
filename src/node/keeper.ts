/**
 * Keeps one virtual node in the cluster: its object, its status, its lease. Survives the deletion of the object and
 * any outage of the API server. A clean stop gives the lease back and leaves the node and its tasks alone.
 */
import { ApiError, type Cluster } from "../cluster/cluster.ts";
import { rfc3339 } from "../model/clock.ts";
import type { Node } from "../model/kube.ts";
import type { Capacity, Clock, Log } from "../provider.ts";
import { heldUntil, newLease, RENEW_EVERY_MS, renewed } from "./lease.ts";
import {
  isOurs,
  metadataPatch,
  newNode,
  nodeConditions,
  type NodeFacts,
  type NodeHealth,
  nodeStatus,
  REPORT_EVERY_MS,
} from "./node-object.ts";
import { wantedTaints } from "./taints.ts";

const RETRY_MS = 2_000;
const CAPACITY_EVERY_MS = 60_000;

export interface NodeKeeperOptions {
  readonly cluster: Pick<Cluster, "nodes" | "leases" | "events">;
  readonly facts: Omit<NodeFacts, "capacity">;
  readonly capacity: () => Promise<Capacity>;
  /** Read at each report. */
  readonly health: () => NodeHealth;
  /** Names this process among others that could serve the same node. */
  readonly holder: string;
  /** Has that holder surely ended? Then its lease need not run out first. */
  readonly hasEnded: (holder: string) => boolean;
  readonly clock: Clock;
  readonly log: Log;
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
}

/** The name belongs to a node that burstlet did not make. */
class ForeignNodeError extends Error {}

/** Another process has taken the node while this one could not renew its lease. */
class LostNodeError extends Error {}

// oxlint-disable-next-line max-lines-per-function -- a factory: its closures share the state above, and each is short
export function createNodeKeeper(options: NodeKeeperOptions): NodeKeeper {
  const { cluster, clock, log, holder } = options;
  const { name } = options.facts;
  let capacity: Capacity | undefined;
  let node: Node | undefined;
  let reportedAt = Number.NEGATIVE_INFINITY;
  let reportedStatus = "";
  /** A new Node object has a new uid: the lease of the old one goes with it. */
  let leaseDue = false;
  let told = "";
  let wake = Promise.withResolvers<void>();

  const facts = async (): Promise<NodeFacts> => {
    capacity ??= await options.capacity();
    return { ...options.facts, capacity };
  };

  /** A node that exists is kept Ready also while its cloud cannot say what it has: it shows what it showed before. */
  const knownFacts = async (): Promise<NodeFacts | undefined> => facts().catch(() => undefined);

  const ownNode = async (): Promise<Node | undefined> => {
    const present = await cluster.nodes.get(name);
    if (present === undefined || isOurs(present)) return present;
    throw new ForeignNodeError(
      `node ${name} already exists and was not made by burstlet (no annotation burstlet.dev/owner): ` +
        `it may be a real machine's. Choose another name in the configuration (nodes[].name), ` +
        `or remove the object with: kubectl delete node ${name}`,
    );
  };

  const ensureNode = async (): Promise<Node> => {
    const present = await ownNode();
    if (present === undefined) {
      log.info("node created", { node: name });
      reportedAt = Number.NEGATIVE_INFINITY;
      leaseDue = true;
      return cluster.nodes.create(newNode(await facts()));
    }
    const known = await knownFacts();
    if (known === undefined) return present;
    return (await cluster.nodes.patch(name, { metadata: metadataPatch(known) })) ?? present;
  };

  const report = async (): Promise<void> => {
    const current = node ?? (node = await ensureNode());
    const now = clock.now();
    const known = await knownFacts();
    const status = known === undefined ? {} : nodeStatus(known);
    const health = options.health();
    const { conditions, changed } = nodeConditions(health, current.status?.conditions ?? [], now);
    const due = changed || JSON.stringify(status) !== reportedStatus || now - reportedAt >= REPORT_EVERY_MS;
    if (due) {
      const answer = await cluster.nodes.patchStatus(name, { status: { ...status, conditions } });
      reportedAt = now;
      reportedStatus = JSON.stringify(status);
      node = answer;
      if (answer === undefined) return report();
    }
    await taint(node ?? current, health.providerTrouble !== undefined);
    if (leaseDue) await renew();
    leaseDue = false;
  };

  /** The list of taints has no merge key, so it is written with the version it was made from. */
  const taint = async (current: Node, trouble: boolean): Promise<void> => {
    const taints = wantedTaints(current.spec?.taints ?? [], trouble, rfc3339(clock.now()));
    if (taints === undefined) return;
    const { resourceVersion } = current.metadata ?? {};
    node = await cluster.nodes.patch(name, { metadata: { resourceVersion }, spec: { taints } });
  };

  const renew = async (): Promise<void> => {
    if (node === undefined) return;
    const lease = await cluster.leases.get(name);
    if (heldUntil(lease, holder, clock.now(), options.hasEnded) !== undefined) {
      throw new LostNodeError(
        `node ${name} is served by ${lease?.spec?.holderIdentity} by now: this process could not renew its lease in ` +
          `time. Its tasks run on; start it again to wait for the node`,
      );
    }
    if (lease === undefined) await cluster.leases.create(newLease(node, holder, clock.now()));
    else await cluster.leases.update(renewed(lease, node, holder, clock.now()));
  };

  const attempt = async (what: string, operation: () => Promise<void>): Promise<boolean> => {
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
        node = await cluster.nodes.get(name).catch(() => undefined);
      log.debug("node could not be kept", { node: name, what, err: String(error) });
      return false;
    }
  };

  const every = async (ms: number, signal: AbortSignal, operation: () => Promise<boolean>): Promise<void> => {
    while (!signal.aborted) {
      const well = await operation();
      await clock.sleep(well ? ms : RETRY_MS, signal).catch(() => undefined);
    }
  };

  const reportLoop = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      wake = Promise.withResolvers();
      const well = await attempt("status", report);
      const pause = clock.sleep(well ? RENEW_EVERY_MS : RETRY_MS, signal).catch(() => undefined);
      await Promise.race([pause, wake.promise]);
    }
  };

  const watchLoop = (signal: AbortSignal): Promise<void> =>
    cluster.nodes.watch(
      name,
      {
        changed(seen) {
          node = seen;
          // While a lease was late the cluster says Unknown: that is put right now, not at the next round.
          if (seen.status?.conditions?.some((one) => one.type === "Ready" && one.status === "Unknown")) wake.resolve();
        },
        removed(seen) {
          // Late news of the object that was here before.
          if (signal.aborted || (node !== undefined && node.metadata?.uid !== seen.metadata?.uid)) return;
          log.warn("node object was deleted by somebody else", { node: name });
          node = undefined;
          wake.resolve();
        },
        synced: () => undefined,
      },
      signal,
    );

  const refreshCapacity = async (): Promise<boolean> =>
    attempt("capacity", async () => {
      capacity = await options.capacity();
    });

  return {
    poke: () => wake.resolve(),
    async register(signal) {
      while (!signal.aborted) {
        try {
          // Ownership first: a real kubelet renews its lease for ever.
          await ownNode();
          await waitForLease(options, signal);
          await report();
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
        watchLoop(signal),
        reportLoop(signal),
        every(RENEW_EVERY_MS, signal, () => attempt("lease", renew)),
        every(CAPACITY_EVERY_MS, signal, refreshCapacity),
      ]);
      await attempt("lease given back", () => giveBack(options));
    },
  };
}

/** Two processes must not serve one node: the second waits until the first has let go or is gone. */
async function waitForLease(
  { cluster, facts, holder, hasEnded, clock, log }: NodeKeeperOptions,
  signal: AbortSignal,
): Promise<void> {
  for (let told = false; !signal.aborted; told = true) {
    const lease = await cluster.leases.get(facts.name).catch(() => null);
    const now = clock.now();
    const until = lease === null ? now + RETRY_MS : heldUntil(lease, holder, now, hasEnded);
    if (until === undefined) return;
    if (lease !== null && !told) {
      log.info("another process serves this node; waiting", { node: facts.name, holder: lease?.spec?.holderIdentity });
    }
    await clock.sleep(Math.min(until - now, RENEW_EVERY_MS), signal).catch(() => undefined);
  }
}

async function giveBack({ cluster, facts, holder }: NodeKeeperOptions): Promise<void> {
  const lease = await cluster.leases.get(facts.name);
  if (lease?.spec?.holderIdentity !== holder) return;
  await cluster.leases.update({ ...lease, spec: { ...lease.spec, holderIdentity: "" } });
}
