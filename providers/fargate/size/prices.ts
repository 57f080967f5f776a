import type { FargateConfig } from "../config.ts";
import type { Market } from "../market.ts";

/** US dollars an hour: for one vCPU, for one GB of memory, for one GB of storage beyond what is free. */
export interface Prices {
  readonly vcpu: number;
  readonly memory: number;
  readonly storage: number;
}

/**
 * On demand for Linux in us-east-1, as public pages told it in November 2026; not verified with the Price List API.
 * Other regions cost other amounts, contracts less: `prices` of the configuration says what holds for you.
 */
export const publicPrices = {
  amd64: { vcpu: 0.040_48, memory: 0.004_445, storage: 0.000_111 },
  arm64: { vcpu: 0.032_38, memory: 0.003_56, storage: 0.000_111 },
} as const satisfies Record<FargateConfig["architecture"], Prices>;

type Priced = Pick<FargateConfig, "prices" | "spotPrices" | "architecture">;

/** On demand, by which sizes are chosen. */
export function pricesOf({ prices, architecture }: Omit<Priced, "spotPrices">): Prices {
  return prices ?? publicPrices[architecture];
}

/** Those of Spot change by the day and differ by region: what nobody has said is not guessed. */
export function marketPricesOf(config: Priced): Readonly<Record<Market, Prices | undefined>> {
  return { "on-demand": pricesOf(config), spot: config.spotPrices };
}
