import { createHash } from "node:crypto";

/** Who a task belongs to. Everything that we create in a cloud carries it. */
export interface TaskIdentity {
  /** uid of namespace kube-system, or `clusterID` of the configuration. */
  readonly clusterUid: string;
  readonly podUid: string;
  /** The nth launch of a task for this pod, from 1. */
  readonly attempt: number;
}

/**
 * The idempotency token of one launch request: 64 hexadecimal characters (ECS allows 64 for clientToken).
 * `tryNumber` (from 1) rises only after a definite "nothing started"; doubt repeats the same token.
 */
export function idempotencyToken(identity: TaskIdentity, tryNumber: number): string {
  const parts = [identity.clusterUid, identity.podUid, identity.attempt, tryNumber];
  return createHash("sha256").update(parts.join("/")).digest("hex");
}

export function sameIdentity(a: TaskIdentity, b: TaskIdentity): boolean {
  return a.podUid === b.podUid && a.attempt === b.attempt && a.clusterUid === b.clusterUid;
}
