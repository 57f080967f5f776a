/** Which taints a virtual node carries now. Pure. */
import { providerTroubleTaint } from "../model/annotations.ts";
import type { Taint } from "../model/kube.ts";

/**
 * The list to write, or `undefined` when the present one is right. Taints of others (the node lifecycle controller,
 * `kubectl taint`) stay; while the provider is in trouble nothing new is scheduled here and nothing is evicted.
 */
export function wantedTaints(present: readonly Taint[], trouble: boolean, now: string): Taint[] | undefined {
  const has = present.some((taint) => taint.key === providerTroubleTaint);
  if (has === trouble) return undefined;
  if (!trouble) return present.filter((taint) => taint.key !== providerTroubleTaint);
  return [...present, { key: providerTroubleTaint, effect: "NoSchedule", timeAdded: now }];
}
