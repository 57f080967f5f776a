/** From what a watch and the stand-in's ledger have seen to how long pods took. Pure. */
import type { LedgerEntry } from "../../../localstack/ledger.ts";
import { idempotencyToken } from "../../../src/model/identity.ts";
import { percentile } from "../measure.ts";
import type { PodTimes } from "../timeline.ts";

/** Milliseconds from bound to Succeeded. */
export interface Waits {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

export function waitsOf(pods: readonly PodTimes[]): Waits {
  const waits = pods.map(({ bound = Number.NaN, succeeded = Number.NaN }) => succeeded - bound);
  return { count: waits.length, p50: percentile(waits, 0.5), p99: percentile(waits, 0.99) };
}

/** Pods whose function was started for them, and the others. */
export function byStart(
  pods: readonly PodTimes[],
  ledger: readonly LedgerEntry[],
  clusterUid: string,
): { readonly warm: readonly PodTimes[]; readonly cold: readonly PodTimes[] } {
  const runs = ledger.flatMap((entry) => (entry.event === "run" && entry.cold ? [entry.invocationId] : []));
  const started = new Set(runs);
  const isCold = ({ uid = "" }: PodTimes): boolean =>
    started.has(idempotencyToken({ clusterUid, podUid: uid, attempt: 1 }, 1));
  return { warm: pods.filter((pod) => !isCold(pod)), cold: pods.filter(isCold) };
}
