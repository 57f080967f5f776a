import type { Condition, ConditionalRow } from "../../../src/provider.ts";
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
  /** Those that the configuration knows. */
  readonly runtimeClasses: readonly string[];
}

/** What the configuration says, whatever the host is. */
export type Granted = Pick<Where, "privileged" | "runtimeClasses">;

export function whereOf(
  { kind, attach }: Pick<Runtime, "kind" | "attach">,
  facts: RuntimeFacts,
  granted: Granted,
): Where {
  const { taskAddresses, mounts = true, memoryLimits: limits = true } = facts;
  return { kind, taskAddresses, mounts, limits, attach: attach !== undefined, ...granted };
}

/** Until a runtime tells otherwise, its host is taken to be able to do everything. */
export const ableWhere = (kind: RuntimeKind): Where => ({
  kind,
  taskAddresses: true,
  mounts: true,
  limits: true,
  attach: kind !== "scripted",
  privileged: false,
  runtimeClasses: [],
});

/** A row of the local provider's table; without `on` it holds wherever containers run. */
export type LocalRow = ConditionalRow<Where>;

export const onlyOn = (...kinds: readonly RuntimeKind[]): Condition<Where> => ({
  in: kinds.join(", "),
  holds: ({ kind }) => kinds.includes(kind),
});

export const withoutAddresses: Condition<Where> = {
  in: "hosts where tasks get no address",
  holds: ({ taskAddresses }) => !taskAddresses,
};

export const withoutMounts: Condition<Where> = {
  in: "hosts without mount namespaces",
  holds: ({ mounts }) => !mounts,
};

export const withoutLimits: Condition<Where> = {
  in: "hosts without control groups",
  holds: ({ limits }) => !limits,
};

export const withoutAttach: Condition<Where> = {
  in: "runtimes that run nothing",
  holds: ({ attach }) => !attach,
};

/** Where a container's user can be set: not where it is a plain process of the host. */
export const withUsers: Condition<Where> = {
  in: "engine, and process with mount namespaces",
  holds: ({ kind, mounts }) => kind === "engine" || (kind === "process" && mounts),
};

export const withoutUsers: Condition<Where> = {
  in: "scripted, and process without mount namespaces",
  holds: (where) => !withUsers.holds(where),
};

export const withoutPrivileges: Condition<Where> = {
  in: "engine, without allowPrivileged",
  holds: ({ kind, privileged }) => kind === "engine" && !privileged,
};

export const on = (where: Condition<Where>, row: LocalRow): LocalRow => ({ ...row, on: where });
