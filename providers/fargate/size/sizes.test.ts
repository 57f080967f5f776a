import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pricesOf, publicPrices } from "./prices.ts";
import { cheapestSize, hourlyUsd, provisionedText, sizes } from "./sizes.ts";
import { toldSize } from "./told.ts";

const prices = publicPrices.amd64;
const markets = { "on-demand": prices, spot: undefined };
const inGb = sizes.map(({ cpu, memory }) => [cpu / 1024, memory / 1024] as const);

describe("the sizes", () => {
  test.for<[vcpu: number, count: number, least: number, most: number]>([
    [0.25, 3, 0.5, 2],
    [0.5, 4, 1, 4],
    [1, 7, 2, 8],
    [2, 13, 4, 16],
    [4, 23, 8, 30],
    [8, 12, 16, 60],
    [16, 12, 32, 120],
    [32, 3, 60, 244],
  ])("of %d vCPU are %i, from %d to %d GB", ([vcpu, count, least, most]) => {
    const memory = inGb.filter(([cpu]) => cpu === vcpu).map(([, gb]) => gb);
    expect([memory.length, Math.min(...memory), Math.max(...memory)]).toEqual([count, least, most]);
  });

  test("are these and no others", () => {
    expect(sizes).toHaveLength(77);
    expect(inGb.filter(([cpu]) => cpu === 8).map(([, gb]) => gb % 4)).toEqual(Array.from({ length: 12 }, () => 0));
    expect(inGb.filter(([cpu]) => cpu === 32)).toEqual([
      [32, 60],
      [32, 120],
      [32, 244],
    ]);
  });
});

describe("the size for a need", () => {
  test.for<[cpu: number, memory: number, chosen: string]>([
    [0, 0, "0.25vCPU 0.5GB"],
    [256, 512, "0.25vCPU 0.5GB"],
    [257, 512, "0.5vCPU 1GB"],
    [256, 513, "0.25vCPU 1GB"],
    [256, 2049, "0.5vCPU 3GB"],
    [1024, 8193, "2vCPU 9GB"],
    [4096, 31 * 1024, "8vCPU 32GB"],
    [8192, 60 * 1024, "8vCPU 60GB"],
    // The first row with 60 GB that has 16 vCPU at least is that of 16 with 64.
    [16_384, 60 * 1024, "16vCPU 64GB"],
    [16_385, 32 * 1024, "32vCPU 60GB"],
    [1024, 120 * 1024, "16vCPU 120GB"],
    [1024, 121 * 1024, "32vCPU 244GB"],
  ])("of %i units and %i MiB is %s", ([cpu, memory, chosen]) => {
    const size = cheapestSize({ cpu, memory }, prices);
    expect(size && provisionedText(size, 20)).toBe(chosen);
  });

  test("does not exist beyond the largest", () => {
    expect(cheapestSize({ cpu: 32 * 1024 + 1, memory: 0 }, prices)).toBeUndefined();
    expect(cheapestSize({ cpu: 0, memory: 244 * 1024 + 1 }, prices)).toBeUndefined();
  });

  test("follows the prices: where CPU is cheap, more of it is no loss", () => {
    const cheapCpu = { vcpu: 0.000_001, memory: 1, storage: 1 };
    expect(cheapestSize({ cpu: 16_384, memory: 57 * 1024 }, prices)).toEqual({ cpu: 16_384, memory: 64 * 1024 });
    expect(cheapestSize({ cpu: 16_384, memory: 57 * 1024 }, cheapCpu)).toEqual({ cpu: 32_768, memory: 60 * 1024 });
  });

  test("has enough, and nothing with enough costs less", () => {
    const any = { cpu: fc.integer({ min: 0, max: 33_000 }), memory: fc.integer({ min: 0, max: 260_000 }) };
    fc.assert(
      fc.property(fc.record(any), fc.constantFrom("amd64", "arm64" as const), (need, architecture) => {
        const own = publicPrices[architecture];
        const chosen = cheapestSize(need, own);
        const enough = sizes.filter(({ cpu, memory }) => cpu >= need.cpu && memory >= need.memory);
        if (chosen === undefined) return enough.length === 0;
        const cost = hourlyUsd(chosen, 20, own);
        return enough.includes(chosen) && enough.every((size) => hourlyUsd(size, 20, own) >= cost);
      }),
    );
  });
});

describe("what was provisioned", () => {
  test("is told in vCPUs and GB, not in units, and with its disk where that is larger than everybody's", () => {
    expect(provisionedText({ cpu: 256, memory: 512 }, 20)).toBe("0.25vCPU 0.5GB");
    expect(provisionedText({ cpu: 2048, memory: 4096 }, 21)).toBe("2vCPU 4GB 21GB disk");
  });

  test("is read back from what ECS says of the task, also for one that is as small as all are", () => {
    expect(toldSize({ cpu: "256", memory: "512" }, markets)).toEqual({
      provisioned: "0.25vCPU 0.5GB",
      hourlyUsd: 0.012343,
    });
    expect(toldSize({ cpu: "1024", memory: "2048", ephemeralStorage: { sizeInGiB: 120 } }, markets)).toEqual({
      provisioned: "1vCPU 2GB 120GB disk",
      hourlyUsd: 0.06047,
    });
    expect(toldSize({ cpu: "256" }, markets)).toEqual({});
  });

  test("on Spot has the price of Spot that the configuration says, or none", () => {
    const task = { cpu: "256", memory: "512", capacityProviderName: "FARGATE_SPOT" };
    expect(toldSize(task, markets)).toEqual({ provisioned: "0.25vCPU 0.5GB Spot" });
    const spot = { vcpu: 0.012, memory: 0.001, storage: 0.0001 };
    expect(toldSize(task, { ...markets, spot })).toEqual({ provisioned: "0.25vCPU 0.5GB Spot", hourlyUsd: 0.0035 });
  });

  test("costs CPU, memory, and disk beyond 20 GB", () => {
    expect(hourlyUsd({ cpu: 1024, memory: 2048 }, 20, prices)).toBe(0.04937);
    expect(hourlyUsd({ cpu: 1024, memory: 2048 }, 120, prices)).toBe(0.06047);
  });

  test("costs what the configuration says, else what the processor costs", () => {
    const own = { vcpu: 1, memory: 2, storage: 3 };
    expect(pricesOf({ prices: own, architecture: "arm64" })).toBe(own);
    expect(pricesOf({ prices: undefined, architecture: "arm64" })).toBe(publicPrices.arm64);
    expect(publicPrices.arm64.vcpu).toBeLessThan(publicPrices.amd64.vcpu);
  });
});
