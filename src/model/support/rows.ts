/** What support tables are made of: rows about fields of a pod, and the one about fields that no row speaks of. Pure. */
import type { Pod } from "../kube.ts";
import type { SupportRow } from "./refusal.ts";

/** A row that holds only under a condition, such as a setting of the node; without `on` it always holds. */
export interface ConditionalRow<Where> extends SupportRow {
  readonly on?: Condition<Where>;
}

export interface Condition<Where> {
  /** For people, in the table: `network: none`. */
  readonly in: string;
  readonly holds: (where: Where) => boolean;
}

export const both = <Where>(a: Condition<Where>, b: Condition<Where>): Condition<Where> => ({
  in: `${a.in}, ${b.in}`,
  holds: (where) => a.holds(where) && b.holds(where),
});

/** The rows that hold here. */
export function rowsThatHold<Where>(rows: readonly ConditionalRow<Where>[], where: Where): readonly SupportRow[] {
  return rows.filter(({ on }) => on === undefined || on.holds(where));
}

type Matches = (value: unknown) => boolean;

export const kept = (path: string, sentence: string): SupportRow => ({ path, effect: "kept", sentence });

/** `matches`: which values of the field are honoured differently; by default every one that says something. */
export const changed = (path: string, sentence: string, matches: Matches = isSet): SupportRow => ({
  path,
  effect: "changed",
  sentence,
  find: fieldsAt(path, matches),
});

/** Honoured differently in every pod, so that only the table tells of it: Kubernetes itself sets the field. */
export const quietly = (path: string, sentence: string): SupportRow => ({
  path,
  effect: "changed",
  sentence,
  find: () => [],
});

/** `matches`: which values of the field are refused; by default every one that says something. */
export const refused = (path: string, sentence: string, matches: Matches = isSet): SupportRow => ({
  path,
  effect: "refused",
  sentence,
  find: fieldsAt(path, matches),
});

/** The same rows for init containers (and sidecars) and for main ones. */
export function inContainers<Row extends SupportRow>(rows: (list: string) => readonly Row[]): readonly Row[] {
  return [...rows("spec.containers[]"), ...rows("spec.initContainers[]")];
}

/** False for what says nothing: absent, empty text, list or object. */
export function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** For what an empty object says too: `emptyDir: {}` is a volume, and so would be `hostPath: {}`. */
export function isMentioned(value: unknown): boolean {
  return value !== undefined && value !== null;
}

export const is =
  (...values: readonly unknown[]): Matches =>
  (value) =>
    values.includes(value);

/** Set, and none of these. */
export const isNot =
  (...values: readonly unknown[]): Matches =>
  (value) =>
    isSet(value) && !values.includes(value);

/** Finds the concrete paths of a pod that a path with `[]` means and whose values match. Every pod meets every row. */
function fieldsAt(path: string, matches: Matches): (pod: Pod) => readonly string[] {
  const steps = path.split(".").map((step) => ({ name: step.replace(/\[\]$/, ""), isList: step.endsWith("[]") }));
  const collect = (value: unknown, depth: number, at: string, found: string[]): void => {
    const step = steps[depth];
    if (step === undefined) {
      if (matches(value)) found.push(at);
      return;
    }
    const inner = memberOf(value, step.name);
    const here = at === "" ? step.name : `${at}.${step.name}`;
    if (!step.isList) collect(inner, depth + 1, here, found);
    else if (Array.isArray(inner)) inner.forEach((item, index) => collect(item, depth + 1, `${here}[${index}]`, found));
  };
  return (pod) => {
    const found: string[] = [];
    collect(pod, 0, "", found);
    return found;
  };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** The known fields below one field; an empty map: a row speaks of the field as a whole, whatever is in it. */
export interface Fields extends ReadonlyMap<string, Fields> {}

/** The fields of a pod's spec that these rows speak of. */
export function knownFieldsOf(rows: readonly SupportRow[]): Fields {
  return treeOf(rows.map(({ path }) => path.replaceAll("[]", "").split(".").slice(1)));
}

function treeOf(paths: readonly (readonly string[])[]): Fields {
  const below = new Map<string, (readonly string[])[]>();
  for (const [first = "", ...rest] of paths) below.set(first, [...(below.get(first) ?? []), rest]);
  return new Map(
    [...below].map(([name, rests]) => [name, rests.some(({ length }) => length === 0) ? new Map() : treeOf(rests)]),
  );
}

/** Refuses every field of a spec that is not known: what nobody here understands must not be dropped in silence. */
export function refusesUnknown(known: Fields): SupportRow {
  return {
    path: "spec",
    effect: "refused",
    sentence: "A field newer than this version of burstlet, which cannot tell what it asks for: remove it.",
    find: ({ spec }) => unknownFields(spec, known, "spec"),
  };
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
