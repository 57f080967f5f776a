/**
 * What a Linux task may have on Fargate, with either processor (not verified: 32 vCPU on ARM64). Source: Amazon ECS
 * developer guide, task definition parameters. The table is not monotone (60 GB exists with 8 and with 32 vCPU), so the price decides. Pure.
 */
import type { Market } from "../market.ts";
import type { Prices } from "./prices.ts";

export interface Size {
  /** Units of 1/1024 vCPU. */
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
}

/** GiB that every task has, and is not charged for; GiB that a task can have. Images lie in it too. */
export const freeStorage = 20;
export const mostStorage = 200;

export const sizes: readonly Size[] = [
  ...[0.5, 1, 2].map((memory) => sizeOf(0.25, memory)),
  ...steps(1, 4, 1).map((memory) => sizeOf(0.5, memory)),
  ...steps(2, 8, 1).map((memory) => sizeOf(1, memory)),
  ...steps(4, 16, 1).map((memory) => sizeOf(2, memory)),
  ...steps(8, 30, 1).map((memory) => sizeOf(4, memory)),
  ...steps(16, 60, 4).map((memory) => sizeOf(8, memory)),
  ...steps(32, 120, 8).map((memory) => sizeOf(16, memory)),
  ...[60, 120, 244].map((memory) => sizeOf(32, memory)),
];

/** Has the least vCPUs of all sizes, which is what a task definition says before a launch overrides it. */
export const smallestSize = sizeOf(0.25, 0.5);

/** The cheapest size with at least this much; of equally cheap ones the first in the table. `undefined`: none has it. */
export function cheapestSize(need: Size, prices: Prices): Size | undefined {
  const enough = sizes.filter(({ cpu, memory }) => cpu >= need.cpu && memory >= need.memory);
  const costs = enough.map((size) => hourlyUsd(size, freeStorage, prices));
  return enough[costs.indexOf(Math.min(...costs))];
}

/** What a task of this size costs, in US dollars to the millionth; a started GB counts as a whole one. */
export function hourlyUsd({ cpu, memory }: Size, storageGib: number, prices: Prices): number {
  const storage = Math.max(0, storageGib - freeStorage);
  const usd = (cpu / 1024) * prices.vcpu + (memory / 1024) * prices.memory + storage * prices.storage;
  return Math.round(usd * 1e6) / 1e6;
}

/** `0.25vCPU 0.5GB`, ` 40GB disk` where the task has more than everybody's 20, and ` Spot`. */
export function provisionedText({ cpu, memory }: Size, storageGib: number, market: Market = "on-demand"): string {
  const disk = storageGib > freeStorage ? ` ${storageGib}GB disk` : "";
  return `${cpu / 1024}vCPU ${memory / 1024}GB${disk}${market === "spot" ? " Spot" : ""}`;
}

function sizeOf(vcpu: number, gb: number): Size {
  return { cpu: vcpu * 1024, memory: gb * 1024 };
}

function steps(from: number, to: number, by: number): number[] {
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, index) => from + index * by);
}
