/** A pod's securityContext in ECS's words. What ECS cannot do is refused by the support table. Pure. */
import type { ContainerDefinition, KernelCapabilities } from "@aws-sdk/client-ecs";
import type { Pod, RawContainer } from "../../../src/provider.ts";

type SecurityPart = Pick<ContainerDefinition, "user" | "readonlyRootFilesystem" | "systemControls">;

/** A container's own settings come before the pod's; each field for itself. */
export function securityOf({ spec }: Pod, { securityContext: own = {} }: RawContainer): SecurityPart {
  const { securityContext: shared = {} } = spec ?? {};
  const user = own.runAsUser ?? shared.runAsUser;
  // Of the groups of a process ECS knows one only.
  const group = own.runAsGroup ?? shared.runAsGroup ?? shared.fsGroup;
  const sysctls = (shared.sysctls ?? []).map(({ name, value }) => ({ namespace: sysctlName(name), value }));
  return {
    ...(user !== undefined && { user: group === undefined ? String(user) : `${user}:${group}` }),
    ...(own.readOnlyRootFilesystem === true && { readonlyRootFilesystem: true }),
    // The network's hold for the whole task, whichever container says them; those of IPC for the one that says them.
    ...(sysctls.length > 0 && { systemControls: sysctls }),
  };
}

/** Docker's default capabilities, which Fargate starts from (ECS API reference, KernelCapabilities). */
export const defaultCapabilities: readonly string[] =
  "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split(
    " ",
  );

/** The only one that Fargate adds to them. */
export const addableCapability = "SYS_PTRACE";

/**
 * Fargate adds nothing but SYS_PTRACE. One of the defaults that is dropped with ALL and added again is therefore not
 * dropped: everything else is, by name.
 */
export function capabilitiesOf({ securityContext }: RawContainer): KernelCapabilities | undefined {
  const { add = [], drop = [] } = securityContext?.capabilities ?? {};
  const wanted = add.map(capabilityName);
  const again = wanted.filter((name) => defaultCapabilities.includes(name));
  // What is not there by default needs no dropping, and ECS does not know the names of the newest.
  const dropped = drop
    .map(capabilityName)
    .filter((name) => !wanted.includes(name) && (name === "ALL" || defaultCapabilities.includes(name)));
  const all = dropped.includes("ALL") && again.length > 0;
  const found = {
    add: wanted.includes(addableCapability) ? [addableCapability] : [],
    drop: all ? defaultCapabilities.filter((name) => !again.includes(name)) : dropped,
  };
  return found.add.length + found.drop.length === 0 ? undefined : found;
}

export function capabilityName(name: string): string {
  return name.replace(/^CAP_/, "");
}

/** The kubelet takes both separators (pkg/kubelet/sysctl). */
export function sysctlName(name: string): string {
  return name.includes("/") && !name.includes(".") ? name.replaceAll("/", ".") : name;
}
