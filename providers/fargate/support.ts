import { knownFieldsOf, refusesUnknown, type SupportRow, rowsThatHold } from "../../src/provider.ts";
import { configSchema } from "./config.ts";
import { containerRows } from "./support/container-rows.ts";
import { podRows } from "./support/pod-rows.ts";
import type { FargateRow, Where } from "./support/row.ts";
import { securityRows } from "./support/security-rows.ts";
import { emptyDirRows, volumeRows } from "./support/volume-rows.ts";

const fieldRows: readonly FargateRow[] = [...podRows, ...containerRows, ...securityRows, ...volumeRows];

export const knownFields = knownFieldsOf(fieldRows);

/** Every field of a pod's spec in Kubernetes 1.36, in the order of the documentation, and what no row knows. */
export const allRows: readonly FargateRow[] = [...fieldRows, ...emptyDirRows, refusesUnknown(knownFields)];

/** The rows that hold on a node with this network and this configuration. */
export function supportRows(where: Where): readonly SupportRow[] {
  return rowsThatHold(allRows, where);
}

/** The rows for a configuration, on a node that does not reach its tasks; what the registry loads. Contacts nothing. */
export function supportOf(config: unknown): readonly SupportRow[] {
  const { readiness, exec } = (config ?? {}) as { readonly readiness?: unknown; readonly exec?: unknown };
  const { shape } = configSchema;
  return supportRows({ network: "none", readiness: shape.readiness.parse(readiness), exec: shape.exec.parse(exec) });
}
