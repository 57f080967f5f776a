import { knownFieldsOf, refusesUnknown, type SupportRow } from "../../src/provider.ts";
import { configSchema, type LocalConfig } from "./config.ts";
import { containerRows } from "./support/container-rows.ts";
import { anyRuntimeClass, podRows, runtimeClassRow } from "./support/pod-rows.ts";
import { ableWhere, type Granted, type LocalRow, type Where } from "./support/row.ts";
import { securityRows } from "./support/security-rows.ts";
import { volumeRows } from "./support/volume-rows.ts";

const fieldRows: readonly LocalRow[] = [...podRows, ...containerRows, ...securityRows, ...volumeRows];

export const knownFields = knownFieldsOf(fieldRows);

/** Every field of a pod's spec in Kubernetes 1.36, in the order of the documentation, and what no row knows. */
export const allRows: readonly LocalRow[] = [...fieldRows, refusesUnknown(knownFields)];

/** The rows that hold for this runtime on this host. */
export function supportRows(where: Where): readonly SupportRow[] {
  const rows = allRows.filter(({ on }) => on === undefined || on.holds(where));
  return rows.map((row) => (row === anyRuntimeClass ? runtimeClassRow(where.runtimeClasses) : row));
}

/** What the configuration grants; by default nothing. */
export function grantedBy(config?: Pick<LocalConfig, "runtime" | "engine">): Granted {
  const { allowPrivileged: privileged = false, runtimeClasses = [] } = config?.engine ?? {};
  return { privileged, runtimeClasses: config?.runtime === "engine" ? runtimeClasses : [] };
}

/** The rows for a configuration, as long as nobody has asked its host; what the registry loads. Contacts nothing. */
export function supportOf(config: unknown): readonly SupportRow[] {
  const parsed = configSchema.parse(config ?? {});
  return supportRows({ ...ableWhere(parsed.runtime), ...grantedBy(parsed) });
}
