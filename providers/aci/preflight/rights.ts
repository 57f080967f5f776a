/**
 * Actions of Azure that burstlet needs, and whether what Azure tells of a role allows them. Names: Azure's page of the
 * operations of Microsoft.ContainerInstance, Microsoft.Insights, Microsoft.Network and Microsoft.ManagedIdentity. Pure.
 */

/** One role that the caller has at a scope, as `Microsoft.Authorization/permissions` tells it. */
export interface Permission {
  readonly actions?: readonly string[] | null;
  readonly notActions?: readonly string[] | null;
}

const groups = "Microsoft.ContainerInstance/containerGroups";

/** Without them no pod runs, or none ends. On the resource group of the container groups. */
export const groupActions = [`${groups}/read`, `${groups}/write`, `${groups}/delete`, `${groups}/stop/action`] as const;

/** By action what does not work without it, while pods run all the same. On the same resource group. */
export const featureActions: Readonly<Record<string, string>> = {
  [`${groups}/containers/logs/read`]: "kubectl logs",
  [`${groups}/containers/exec/action`]: "kubectl exec, kubectl cp, lifecycle hooks and the grace period of a deletion",
  [`${groups}/containers/attach/action`]: "kubectl attach",
};

/** Of Azure Monitor, which tells what pods use; on the same resource group. */
export const usageAction = "Microsoft.Insights/metrics/read";

export const joinAction = "Microsoft.Network/virtualNetworks/subnets/join/action";
export const assignAction = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";

/** Those of `wanted` that no role allows: roles add up, and what one leaves out by `notActions` another may allow. */
export function lacking(permissions: readonly Permission[], wanted: readonly string[]): readonly string[] {
  return wanted.filter((action) => !permissions.some((one) => allows(one, action)));
}

function allows({ actions, notActions }: Permission, action: string): boolean {
  return matchesAny(actions, action) && !matchesAny(notActions, action);
}

function matchesAny(patterns: Permission["actions"], action: string): boolean {
  return (patterns ?? []).some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase()));
}

/** Azure's patterns have `*` for any characters. */
function matches(pattern: string, action: string): boolean {
  const pieces = pattern.split("*").map((piece) => piece.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${pieces.join(".*")}$`).test(action);
}
