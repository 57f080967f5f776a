/** The two markets of Fargate, each with vCPUs, launches and room of its own. Pure. */
import type { RunTaskInput } from "./input/run-task.ts";

export type Market = "on-demand" | "spot";

export const capacityProviders = ["FARGATE", "FARGATE_SPOT"] as const;

/** Of a request that has passed the rules: one provider at most has a weight. */
export function marketOf({
  capacityProviderStrategy: strategy,
}: Pick<RunTaskInput, "capacityProviderStrategy">): Market {
  return strategy.some((one) => one.weight > 0 && one.capacityProvider === "FARGATE_SPOT") ? "spot" : "on-demand";
}

/** Codes of Service Quotas: vCPUs at once, launches at once and a second. */
export const marketQuotas = {
  "on-demand": { vcpu: "L-3032A538", burst: "L-6BAD92DD", rate: "L-551A4E9D" },
  spot: { vcpu: "L-36FBB829", burst: "L-F6E37E82", rate: "L-FAA52651" },
} as const;
