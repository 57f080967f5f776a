import { knownFieldsOf, refusesUnknown, type SupportRow } from "../../src/provider.ts";
import { containerRows, containersRow } from "./support/container-rows.ts";
import { podRows } from "./support/pod-rows.ts";
import { securityRows } from "./support/security-rows.ts";
import { volumeRows } from "./support/volume-rows.ts";

const fieldRows: readonly SupportRow[] = [...podRows, ...containerRows, ...securityRows, ...volumeRows];

export const knownFields = knownFieldsOf(fieldRows);

/** Every field of a pod's spec in Kubernetes 1.36, in the order of the documentation, and what no row knows. */
export const supportRows: readonly SupportRow[] = [...fieldRows, containersRow, refusesUnknown(knownFields)];

/** The table is the same under every configuration; what the registry loads. Contacts nothing. */
export function supportOf(_config: unknown): readonly SupportRow[] {
  return supportRows;
}
