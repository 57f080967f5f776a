import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { podOf, podWith, resolvedPod } from "../../../test/support/resolve-sources.ts";
import type { Pod } from "../../../src/provider.ts";
import { hourlyUsd, provisionedText, sizeOf } from "./sizes.ts";

const size = async (pod: Pod) => sizeOf(await resolvedPod(pod));
const main = async (pod: Pod) => (await size(pod)).containers.get("main");
const requests = (cpu: string, memory: string) => ({ resources: { requests: { cpu, memory } } });

describe("a group", () => {
  test("has one vCPU and one GB at least, which the first main container gets", async () => {
    expect((await size(podOf({}))).group).toEqual({ cpu: 1, memoryInGB: 1 });
    const pod = podOf({
      containers: [
        { name: "main", image: "a", ...requests("100m", "200M") },
        { name: "other", image: "a", ...requests("100m", "100M") },
      ],
    });
    const { containers } = await size(pod);
    expect(containers.get("main")?.requests).toEqual({ cpu: 0.9, memoryInGB: 0.9 });
    expect(containers.get("other")?.requests).toEqual({ cpu: 0.1, memoryInGB: 0.1 });
  });

  test.for<[cpu: string, memory: string, text: string]>([
    ["1", "1G", "1vCPU 1GB"],
    ["1001m", "1001M", "1.01vCPU 1.1GB"],
    ["2300m", "2300M", "2.3vCPU 2.3GB"],
    // A GB is taken for 10^9 bytes, so that nobody has less than this.
    ["1", "1Gi", "1vCPU 1.1GB"],
    ["4", "16Gi", "4vCPU 17.2GB"],
  ])("for %s CPU and %s of memory is %s: rounded up", async ([cpu, memory, text]) => {
    expect(provisionedText((await size(podWith(requests(cpu, memory)))).group)).toBe(text);
  });

  test("is as large as the greatest need of an init container, which has no share of its own", async () => {
    const pod = podOf({
      initContainers: [
        { name: "small", image: "a", ...requests("2", "1G") },
        { name: "large", image: "a", ...requests("1", "5G") },
      ],
      containers: [{ name: "main", image: "a", ...requests("1", "1G") }],
    });
    const found = await size(pod);
    expect(found.group).toEqual({ cpu: 2, memoryInGB: 5 });
    expect([...found.containers.keys()]).toEqual(["main"]);
    expect(found.containers.get("main")?.requests).toEqual(found.group);
  });

  test("is as large as the pod as a whole asks for", async () => {
    const pod = podOf({ resources: { requests: { cpu: "3" }, limits: { memory: "6G" } } });
    expect((await size(pod)).group).toEqual({ cpu: 3, memoryInGB: 6 });
  });

  test("has memory for limits and CPU for requests", async () => {
    const resources = { requests: { cpu: "1", memory: "1G" }, limits: { cpu: "3", memory: "4G" } };
    expect((await size(podWith({ resources }))).group).toEqual({ cpu: 1, memoryInGB: 4 });
  });

  test("costs what the configuration says", () => {
    expect(hourlyUsd({ cpu: 2, memoryInGB: 3.5 }, { vcpu: 0.05, memory: 0.005 })).toBe(0.1175);
  });

  test("knows how much disk is asked for: of init containers the most, of the others the sum", async () => {
    const disk = (gibibytes: number) => ({ resources: { limits: { "ephemeral-storage": `${gibibytes}Gi` } } });
    const pod = podOf({
      initContainers: [{ name: "i", image: "a", ...disk(25) }],
      containers: [
        { name: "a", image: "a", ...disk(10) },
        { name: "b", image: "a", ...disk(20) },
      ],
    });
    expect((await size(pod)).disk / 2 ** 30).toBe(30);
  });
});

describe("a container's limits", () => {
  test("are the group's where it has none: one that is not said would be its request", async () => {
    expect((await main(podWith(requests("100m", "100M"))))?.limits).toEqual({ cpu: 1, memoryInGB: 1 });
  });

  test("are at most the group's: Azure refuses others", async () => {
    expect((await main(podWith({ resources: { limits: { cpu: "8" }, requests: { cpu: "2" } } })))?.limits.cpu).toBe(2);
  });

  test("hold where the group is larger", async () => {
    const pod = podOf({
      containers: [
        { name: "other", image: "a", ...requests("4", "8G") },
        { name: "main", image: "a", resources: { limits: { cpu: "500m", memory: "500M" } } },
      ],
    });
    expect((await main(pod))?.limits).toEqual({ cpu: 0.5, memoryInGB: 0.5 });
  });

  test("with the requests add up for any pod", async () => {
    const cpu = fc.integer({ min: 0, max: 9_000 }).map((milli) => `${milli}m`);
    const memory = fc.integer({ min: 0, max: 20_000 }).map((mebi) => `${mebi}Mi`);
    const resources = fc.record({ requests: fc.record({ cpu, memory }), limits: fc.record({ cpu, memory }) });
    await fc.assert(
      fc.asyncProperty(fc.array(resources, { minLength: 1, maxLength: 5 }), fc.nat(2), async (all, inits) => {
        const made = all.map((one, index) => ({ name: `c${index}`, image: "a", resources: one }));
        const split = Math.min(inits, made.length - 1);
        const pod = podOf({ initContainers: made.slice(0, split), containers: made.slice(split) });
        const { group, containers } = await size(pod);
        const shares = [...containers.values()];
        const sum = (of: (share: { cpu: number; memoryInGB: number }) => number) =>
          shares.reduce((total, share) => total + of(share.requests), 0);
        expect(sum((share) => share.cpu)).toBeCloseTo(group.cpu, 6);
        expect(sum((share) => share.memoryInGB)).toBeCloseTo(group.memoryInGB, 6);
        for (const { requests: asked, limits } of shares) {
          expect(limits.cpu).toBeGreaterThanOrEqual(asked.cpu);
          expect(limits.memoryInGB).toBeGreaterThanOrEqual(asked.memoryInGB);
          expect(limits.cpu).toBeLessThanOrEqual(group.cpu);
          expect(limits.memoryInGB).toBeLessThanOrEqual(group.memoryInGB);
        }
      }),
    );
  });
});
