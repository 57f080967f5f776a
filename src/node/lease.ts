/** The node's Lease: what tells the cluster that the node lives. Pure shapes; `keeper.ts` writes them. */
import { parseTime, rfc3339Nano } from "../model/clock.ts";
import type { Lease, Node } from "../model/kube.ts";

/** The kubelet's figures: a lease of 40 s, renewed every 10 s. */
export const LEASE_SECONDS = 40;
export const RENEW_EVERY_MS = 10_000;

export function newLease(node: Node, holder: string, now: number): Lease {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      name: node.metadata?.name ?? "",
      namespace: "kube-node-lease",
      // The lease goes with its node, as the kubelet's does.
      ownerReferences: [
        { apiVersion: "v1", kind: "Node", name: node.metadata?.name ?? "", uid: node.metadata?.uid ?? "" },
      ],
    },
    spec: { holderIdentity: holder, leaseDurationSeconds: LEASE_SECONDS, renewTime: micro(now) },
  };
}

export function renewed(lease: Lease, node: Node, holder: string, now: number): Lease {
  const fresh = newLease(node, holder, now);
  return {
    ...lease,
    metadata: { ...lease.metadata, ownerReferences: fresh.metadata?.ownerReferences ?? [] },
    spec: { ...lease.spec, ...fresh.spec },
  };
}

/** Another living process holds this node: until when (milliseconds since 1970)? `undefined` when the node is free. */
export function heldUntil(
  lease: Lease | undefined,
  holder: string,
  now: number,
  hasEnded: (holder: string) => boolean,
): number | undefined {
  const other = lease?.spec?.holderIdentity;
  if (lease === undefined || other === undefined || other === "" || other === holder) return undefined;
  if (hasEnded(other)) return undefined;
  const renewedAt = parseTime(lease.spec?.renewTime);
  if (renewedAt === undefined) return undefined;
  const until = renewedAt + (lease.spec?.leaseDurationSeconds ?? LEASE_SECONDS) * 1000;
  return until > now ? until : undefined;
}

/** metav1.MicroTime: six fraction digits. */
function micro(ms: number): string {
  return rfc3339Nano(ms).replace(/\d{3}Z$/, "Z");
}
