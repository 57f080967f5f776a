import type { Pod } from "../kube.ts";

/** What the rows of this effect say of this pod: every field that is refused, or honoured differently. Pure. */
export function supportFindings(
  pod: Pod,
  rows: readonly SupportRow[],
  effect: "changed" | "refused",
): readonly Refusal[] {
  return rows.flatMap((row) =>
    row.effect === effect ? (row.find?.(pod) ?? []).map((path) => ({ path, sentence: row.sentence })) : [],
  );
}

/** One field of a pod that cannot be honoured as it is written, and why. */
export interface Refusal {
  /** Path of the field as the API documents it, e.g. `spec.containers[0].ports[1].hostPort`. */
  readonly path: string;
  /** One sentence for the user: what is wrong and what to do. */
  readonly sentence: string;
}

/**
 * One row of a provider's support table. The rows feed the refusal, the README table of the provider
 * and later `burstlet plan` and admission warnings; so each is data plus one small predicate.
 */
export interface SupportRow {
  /** Field path with `[]` for lists, e.g. `spec.containers[].ports[].hostPort`. */
  readonly path: string;
  /** `kept`: honoured as written. `changed`: honoured differently, told once per owner. `refused`: the pod does not run. */
  readonly effect: "kept" | "changed" | "refused";
  readonly sentence: string;
  /** The concrete paths in this pod that the row is about; empty when it does not apply. Kept rows need none. */
  readonly find?: (pod: Pod) => readonly string[];
}
