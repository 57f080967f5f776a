/** The node's Lease at the API server: waited for, renewed, given back. Two processes must not serve one node. */
import type { LeasesApi } from "../cluster/cluster.ts";
import type { Node } from "../model/kube.ts";
import type { Clock, Log } from "../provider.ts";
import { heldUntil, newLease, RENEW_EVERY_MS, renewed } from "./lease.ts";

const RETRY_MS = 2_000;

export interface LeaseOptions {
  readonly cluster: { readonly leases: LeasesApi };
  readonly facts: { readonly name: string };
  /** Names this process among others that could serve the same node. */
  readonly holder: string;
  /** Has that holder surely ended? Then its lease need not run out first. */
  readonly hasEnded: (holder: string) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** Another process has taken the node while this one could not renew its lease. */
export class LostNodeError extends Error {}

/** The second waits until the first has let go or is gone. */
export async function waitForLease(
  { cluster, facts, holder, hasEnded, clock, log }: LeaseOptions,
  signal: AbortSignal,
): Promise<void> {
  for (let told = false; !signal.aborted; told = true) {
    const lease = await cluster.leases.get(facts.name).catch(() => null);
    const now = clock.now();
    const until = lease === null ? now + RETRY_MS : heldUntil(lease, holder, now, hasEnded);
    if (until === undefined) return;
    if (lease !== null && !told) {
      log.info("another process serves this node; waiting", {
        node: facts.name,
        holder: lease?.spec?.holderIdentity,
        freeInSecondsUnlessRenewed: Math.ceil((until - now) / 1000),
      });
    }
    await clock.sleep(Math.min(until - now, RENEW_EVERY_MS), signal).catch(() => undefined);
  }
}

/** Rejects with a LostNodeError when another process holds it by now. */
export async function renewLease(options: LeaseOptions, node: Node): Promise<void> {
  const { cluster, facts, holder, hasEnded, clock } = options;
  const lease = await cluster.leases.get(facts.name);
  if (heldUntil(lease, holder, clock.now(), hasEnded) !== undefined) {
    throw new LostNodeError(
      `node ${facts.name} is served by ${lease?.spec?.holderIdentity} by now: this process could not renew its lease ` +
        `in time. Its tasks run on; start it again to wait for the node`,
    );
  }
  if (lease === undefined) await cluster.leases.create(newLease(node, holder, clock.now()));
  else await cluster.leases.update(renewed(lease, node, holder, clock.now()));
}

export async function giveBackLease({ cluster, facts, holder }: LeaseOptions): Promise<void> {
  const lease = await cluster.leases.get(facts.name);
  if (lease?.spec?.holderIdentity !== holder) return;
  await cluster.leases.update({ ...lease, spec: { ...lease.spec, holderIdentity: "" } });
}
