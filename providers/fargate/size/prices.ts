import type { FargateConfig } from "../config.ts";

/** US dollars an hour: for one vCPU, for one GB of memory, for one GB of storage beyond what is free. */
export interface Prices {
  readonly vcpu: number;
  readonly memory: number;
  readonly storage: number;
}

/**
 * On demand for Linux in us-east-1, as public pages told it in November 2026; not verified with the Price List API.
 * Other regions cost other amounts, contracts and Spot less: `prices` of the configuration says what holds for you.
 */
export const publicPrices = {
  amd64: { vcpu: 0.040_48, memory: 0.004_445, storage: 0.000_111 },
  arm64: { vcpu: 0.032_38, memory: 0.003_56, storage: 0.000_111 },
} as const satisfies Record<FargateConfig["architecture"], Prices>;

export function pricesOf({ prices, architecture }: Pick<FargateConfig, "prices" | "architecture">): Prices {
  return prices ?? publicPrices[architecture];
}
