import type { Provider, ProviderContext } from "../../src/provider.ts";
import { ProviderError } from "../../src/provider.ts";
import type { Lambda } from "./client.ts";

/** As Provider.preflight: the right to ask for the account's limits stands for credentials and region. */
export function createPreflight(
  client: Pick<Lambda, "account">,
  grants: ProviderContext["grants"],
): NonNullable<Provider["preflight"]> {
  return async () => {
    const findings: { message: string; fix: string }[] = [];
    try {
      await client.account();
    } catch (error) {
      if (!(error instanceof ProviderError) || error.kind !== "denied") throw error;
      findings.push({
        message: error.message,
        fix: "give burstlet credentials whose policy allows lambda:GetAccountSettings, lambda:GetFunction and lambda:InvokeFunction",
      });
    }
    if (!grants.some(({ allow }) => allow.length > 0))
      findings.push({
        message: "no pod may name a function: the node has no grants",
        fix: "add to the node's configuration: grants: [{ namespace: team-a, allow: [my-function] }]",
      });
    return findings;
  };
}
