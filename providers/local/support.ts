import type { SupportRow } from "../../src/provider.ts";
import { configSchema } from "./config.ts";
import { containerRows } from "./support/container-rows.ts";
import { podRows } from "./support/pod-rows.ts";
import { ableWhere, type LocalRow, type Where } from "./support/row.ts";
import { securityRows } from "./support/security-rows.ts";
import { volumeRows } from "./support/volume-rows.ts";

const fieldRows: readonly LocalRow[] = [...podRows, ...containerRows, ...securityRows, ...volumeRows];

/** Every field of a pod's spec in Kubernetes 1.36, in the order of the documentation, and what no row knows. */
export const allRows: readonly LocalRow[] = [
  ...fieldRows,
  {
    path: "spec",
    effect: "refused",
    sentence: "A field newer than this version of burstlet, which cannot tell what it asks for: remove it.",
    find: ({ spec }) => unknownFields(spec, knownFields, "spec"),
  },
];

/** The rows that hold for this runtime on this host. */
export function supportRows(where: Where): readonly SupportRow[] {
  return allRows.filter(({ on }) => on === undefined || on.holds(where));
}

/** The rows for a configuration, as long as nobody has asked its host; what the registry loads. Contacts nothing. */
export function supportOf(config: unknown): readonly SupportRow[] {
  const { runtime, engine } = configSchema.parse(config ?? {});
  return supportRows({ ...ableWhere(runtime), privileged: engine.allowPrivileged });
}

/** The known fields below one field; an empty map: a row keeps the field as a whole, whatever is in it. */
export interface Fields extends ReadonlyMap<string, Fields> {}

export const knownFields: Fields = treeOf(fieldRows.map(({ path }) => path.replaceAll("[]", "").split(".").slice(1)));

function treeOf(paths: readonly (readonly string[])[]): Fields {
  const below = new Map<string, (readonly string[])[]>();
  for (const [first = "", ...rest] of paths) below.set(first, [...(below.get(first) ?? []), rest]);
  return new Map(
    [...below].map(([name, rests]) => [name, rests.some(({ length }) => length === 0) ? new Map() : treeOf(rests)]),
  );
}

function unknownFields(value: unknown, known: Fields, at: string): readonly string[] {
  if (known.size === 0 || typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => unknownFields(item, known, `${at}[${index}]`));
  return Object.entries(value).flatMap(([name, inner]) => {
    if (inner === undefined || inner === null) return [];
    const below = known.get(name);
    return below === undefined ? [`${at}.${name}`] : unknownFields(inner, below, `${at}.${name}`);
  });
}
