/**
 * A node whose configuration grants nobody anything is not set up: its pods wait for the configuration, as the preflight says,
 * and are not refused for good. Pure.
 */
import { type Finding, type ProviderContext, ProviderError } from "../../src/provider.ts";

export const noGrants: Finding = {
  message: "no pod may name a function: the node has no grants",
  fix: "add to the node's configuration: grants: [{ namespace: team-a, allow: [my-function] }]",
};

export function grantsNothing(grants: ProviderContext["grants"]): boolean {
  return !grants.some(({ allow }) => allow.length > 0);
}

/** Nothing is invoked while nothing is granted, whatever the preflight could find out. */
export function requireGrants(grants: ProviderContext["grants"]): void {
  if (grantsNothing(grants))
    throw new ProviderError("denied", "LambdaNoGrants", `${noGrants.message} (fix: ${noGrants.fix})`);
}
