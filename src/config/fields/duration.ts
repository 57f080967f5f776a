import { z } from "zod";

const milliseconds: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** A length of time as Kubernetes writes it: `30s`, `2m`, `1h30m`. */
export const duration = z
  .string()
  .regex(/^(\d+(\.\d+)?(h|ms|m|s))+$/, "a duration with its unit (h, m, s, ms) such as 30s, 2m or 1h30m");

export function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
  return parts.reduce((sum, [, amount, unit = ""]) => sum + Number(amount) * (milliseconds[unit] ?? 0), 0);
}
