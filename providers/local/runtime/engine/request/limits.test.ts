import { expect, test } from "vitest";
import { limits, podmanLimits } from "./limits.ts";

const mebibyte = 1 << 20;

test("limits are said to each engine in its words, swap included", () => {
  const wanted = { cpuRequest: 0.02, cpuLimit: 0.25, memoryLimit: 40 * mebibyte };
  expect(limits(wanted)).toEqual({
    CpuShares: 20,
    NanoCpus: 250_000_000,
    Memory: 40 * mebibyte,
    MemorySwap: 40 * mebibyte,
  });
  expect(podmanLimits(wanted)).toEqual({
    cpu: { shares: 20, quota: 25_000, period: 100_000 },
    memory: { limit: 40 * mebibyte, swap: 40 * mebibyte },
  });
});

test("what is not limited is not said, and who asks for nothing comes last", () => {
  expect(limits({})).toEqual({ CpuShares: 2 });
  expect(podmanLimits({})).toEqual({ cpu: { shares: 2 } });
});

test("amounts below what Linux or Docker take become the least that they take, and shares have a top", () => {
  expect(limits({ cpuRequest: 0.001, cpuLimit: 0.005 })).toEqual({ CpuShares: 2, NanoCpus: 10_000_000 });
  expect(podmanLimits({ cpuLimit: 0.005 })).toMatchObject({ cpu: { quota: 1000 } });
  expect(limits({ cpuRequest: 1000 })).toEqual({ CpuShares: 262_144 });
});
