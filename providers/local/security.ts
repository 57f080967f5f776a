import type { Pod } from "../../src/provider.ts";
import type { SecuritySpec, TaskSpec } from "./runtime/runtime.ts";

type Container = NonNullable<Pod["spec"]>["containers"][number];

/** What the pod as a whole asks of its task. Pure. */
export function podSecurity({ spec }: Pod): Pick<TaskSpec, "fsGroup" | "sysctls" | "sharesProcesses"> {
  const { fsGroup, sysctls } = spec?.securityContext ?? {};
  return {
    ...(fsGroup !== undefined && { fsGroup }),
    ...(sysctls !== undefined && sysctls.length > 0 && { sysctls }),
    ...(spec?.shareProcessNamespace === true && { sharesProcesses: true }),
  };
}

/**
 * A container's own settings come before the pod's; each field for itself. `undefined` where nothing is asked. Pure.
 * fsGroup is one of the process's groups too.
 */
export function containerSecurity(pod: Pod, name: string): SecuritySpec | undefined {
  const { securityContext: own = {} } = containerOf(pod, name) ?? {};
  const { securityContext: shared = {} } = pod.spec ?? {};
  const { fsGroup, supplementalGroups = [] } = shared;
  const found: SecuritySpec = {
    user: own.runAsUser ?? shared.runAsUser,
    group: own.runAsGroup ?? shared.runAsGroup,
    nonRoot: (own.runAsNonRoot ?? shared.runAsNonRoot) === true,
    groups: [...new Set([...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])])],
    readOnlyRoot: own.readOnlyRootFilesystem === true,
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
    privileged: own.privileged === true,
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    unconfined: (own.seccompProfile ?? shared.seccompProfile)?.type === "Unconfined",
    seLinux: seLinuxParts(own.seLinuxOptions ?? shared.seLinuxOptions ?? {}),
  };
  return asksNothing(found) ? undefined : found;
}

/** A container's label replaces the pod's as a whole (pkg/securitycontext/util.go). */
function seLinuxParts(options: Readonly<Record<string, string>>): readonly string[] {
  const parts = ["user", "role", "type", "level"] as const;
  return parts.flatMap((part) => ((options[part] ?? "") === "" ? [] : [`${part}:${options[part]}`]));
}

function asksNothing(found: SecuritySpec): boolean {
  return Object.values(found).every((value) => value === undefined || value === false || isEmpty(value));
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

type Part = Pick<Container, "name" | "lifecycle" | "ports" | "securityContext">;

/** As the pod's spec has it, whichever list it is in. */
function containerOf({ spec }: Pod, name: string): Part | undefined {
  const lists: readonly (readonly Part[] | undefined)[] = [
    spec?.containers,
    spec?.initContainers,
    spec?.ephemeralContainers,
  ];
  return lists.flatMap((list) => list ?? []).find((container) => container.name === name);
}
