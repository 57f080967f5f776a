/** What an invocation costs. Pure. */
import type { LambdaConfig } from "../config.ts";
import type { Report } from "./report-line.ts";

type Prices = NonNullable<LambdaConfig["prices"]>;

/**
 * US dollars in us-east-1 on demand, as public pages told them in November 2026; not checked with AWS's price list. The
 * free tier, tiers of volume and /tmp beyond 512 MB are left out.
 */
const standard = { amd64: 0.0000166667, arm64: 0.0000133334, request: 0.0000002 } as const;

export function pricesOf(config: Pick<LambdaConfig, "prices">, architecture: "amd64" | "arm64"): Prices {
  return config.prices ?? { gbSecond: standard[architecture], request: standard.request };
}

/** Of one hour in a function of so many MB. */
export function hourlyUsd(memory: number, { gbSecond }: Prices): number {
  return Number(((memory / 1024) * 3_600 * gbSecond).toFixed(6));
}

export function invocationUsd({ billed, memorySize }: Report, { gbSecond, request }: Prices): number {
  return request + (billed / 1_000) * (memorySize / 1_024) * gbSecond;
}
