import type { GroupInput } from "../input/group.ts";

export interface Size {
  readonly cpu: number;
  readonly memoryInGB: number;
}

/** vCPUs and GB that one group has at most (Azure's page of ACI's limits). */
export const largest: Readonly<Record<"Standard" | "Confidential" | "Spot", Size>> = {
  Standard: { cpu: 31, memoryInGB: 240 },
  Confidential: { cpu: 31, memoryInGB: 180 },
  Spot: { cpu: 4, memoryInGB: 16 },
};

/** What a group takes of its quota: the sum of its containers' requests. */
export function sizeOf({ properties }: GroupInput): Size {
  const sum = (of: keyof Size): number =>
    properties.containers.reduce((total, { properties: { resources } }) => total + resources.requests[of], 0);
  return { cpu: rounded(sum("cpu")), memoryInGB: rounded(sum("memoryInGB")) };
}

/** Sums of hundredths are no sums of binary fractions. */
const rounded = (number: number): number => Math.round(number * 1000) / 1000;
