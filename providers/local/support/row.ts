import type { Pod, SupportRow } from "../../../src/provider.ts";
import type { Runtime, RuntimeFacts } from "../runtime/runtime.ts";

export type RuntimeKind = Runtime["kind"];

/** What the table depends on besides the pod. */
export interface Where {
  readonly kind: RuntimeKind;
  /** Do tasks get an address of their own? */
  readonly taskAddresses: boolean;
  /** Do volumes appear at their mount paths? */
  readonly mounts: boolean;
  /** Are limits of CPU and memory enforced? */
  readonly limits: boolean;
  /** Can a client reach a container's own streams? */
  readonly attach: boolean;
  /** Does the configuration grant containers the rights of the engine's machine? */
  readonly privileged: boolean;
}

export function whereOf(
  { kind, attach }: Pick<Runtime, "kind" | "attach">,
  facts: RuntimeFacts,
  privileged: boolean,
): Where {
  const { taskAddresses, mounts = true, memoryLimits: limits = true } = facts;
  return { kind, taskAddresses, mounts, limits, attach: attach !== undefined, privileged };
}

/** Until a runtime tells otherwise, its host is taken to be able to do everything. */
export const ableWhere = (kind: RuntimeKind): Where => ({
  kind,
  taskAddresses: true,
  mounts: true,
  limits: true,
  attach: kind !== "scripted",
  privileged: false,
});

/** A row of the local provider's table; without `on` it holds wherever containers run. */
export interface LocalRow extends SupportRow {
  readonly on?: { readonly in: string; readonly holds: (where: Where) => boolean };
}

export const onlyOn = (...kinds: readonly RuntimeKind[]): NonNullable<LocalRow["on"]> => ({
  in: kinds.join(", "),
  holds: ({ kind }) => kinds.includes(kind),
});

export const withoutAddresses: NonNullable<LocalRow["on"]> = {
  in: "hosts where tasks get no address",
  holds: ({ taskAddresses }) => !taskAddresses,
};

export const withoutMounts: NonNullable<LocalRow["on"]> = {
  in: "hosts without mount namespaces",
  holds: ({ mounts }) => !mounts,
};

export const withoutLimits: NonNullable<LocalRow["on"]> = {
  in: "hosts without control groups",
  holds: ({ limits }) => !limits,
};

export const withoutAttach: NonNullable<LocalRow["on"]> = {
  in: "runtimes that run nothing",
  holds: ({ attach }) => !attach,
};

/** Where a container's user can be set: not where it is a plain process of the host. */
export const withUsers: NonNullable<LocalRow["on"]> = {
  in: "engine, and process with mount namespaces",
  holds: ({ kind, mounts }) => kind === "engine" || (kind === "process" && mounts),
};

export const withoutUsers: NonNullable<LocalRow["on"]> = {
  in: "scripted, and process without mount namespaces",
  holds: (where) => !withUsers.holds(where),
};

export const withoutPrivileges: NonNullable<LocalRow["on"]> = {
  in: "engine, without allowPrivileged",
  holds: ({ kind, privileged }) => kind === "engine" && !privileged,
};

type Matches = (value: unknown) => boolean;

export const kept = (path: string, sentence: string): LocalRow => ({ path, effect: "kept", sentence });

export const changed = (path: string, sentence: string, matches: Matches = isSet): LocalRow => ({
  path,
  effect: "changed",
  sentence,
  find: fieldsAt(path, matches),
});

/** `matches`: which values of the field are refused; by default every one that says something. */
export const refused = (path: string, sentence: string, matches: Matches = isSet): LocalRow => ({
  path,
  effect: "refused",
  sentence,
  find: fieldsAt(path, matches),
});

export const on = (where: NonNullable<LocalRow["on"]>, row: LocalRow): LocalRow => ({ ...row, on: where });

/** The same rows for init containers (and sidecars) and for main ones. */
export function inContainers(rows: (list: string) => readonly LocalRow[]): readonly LocalRow[] {
  return [...rows("spec.containers[]"), ...rows("spec.initContainers[]")];
}

/** False for what says nothing: absent, empty text, list or object. */
export function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
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
