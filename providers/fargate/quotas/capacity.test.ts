import fc from "fast-check";
import { expect, test } from "vitest";
import { configSchema } from "../config.ts";
import { capacityOf } from "./capacity.ts";

const config = (capacity: object = {}) => configSchema.parse({ subnets: ["subnet-1"], capacity });
const quotas = new Map([["L-3032A538", 400]]);
const both = new Map([...quotas, ["L-36FBB829", 30]]);

test.for([
  ["the quota of a new account where nobody may ask for it", config(), new Map(), 6],
  ["the account's own quota", config(), quotas, 400],
  ["that of Spot where its pods go there", { ...config(), capacityType: "spot" }, both, 30],
  ["both where its pods go to both", { ...config(), capacityType: "spot-then-on-demand" }, both, 430],
  ["what the configuration says, whatever the quota", config({ vcpu: 10 }), quotas, 10],
] as const)("a node promises %s", ([, config, quotas, cpu]) => {
  expect(capacityOf(config, quotas, undefined, 0)).toMatchObject({ cpu, memory: cpu * 8 * 2 ** 30, pods: 1_000 });
});

test("a used-up quota makes it promise what it has, for some minutes, and then more and more until all", () => {
  const squeeze = { pods: 12, vcpu: 3.5, at: 0 };
  const at = (minutes: number) => capacityOf(config(), quotas, squeeze, minutes * 60_000);
  expect(at(0)).toMatchObject({ cpu: 3.5, pods: 12 });
  expect(at(2)).toMatchObject({ cpu: 3.5, pods: 12 });
  expect(at(5).pods).toBeGreaterThan(12);
  expect(at(120)).toMatchObject({ cpu: 400, pods: 1_000 });
});

test("it never promises more than without the squeeze, and never less later on", () => {
  const amount = fc.integer({ min: 0, max: 5_000 });
  fc.assert(
    fc.property(amount, amount, fc.nat(200), fc.nat(200), (pods, vcpu, some, more) => {
      const at = (minutes: number) => capacityOf(config(), quotas, { pods, vcpu, at: 0 }, minutes * 60_000);
      const [now, later] = [at(some), at(some + more)];
      expect(now.pods).toBeLessThanOrEqual(later.pods);
      expect(now.cpu).toBeLessThanOrEqual(later.cpu);
      expect(later.pods).toBeLessThanOrEqual(1_000);
      expect(later.cpu).toBeLessThanOrEqual(400);
    }),
  );
});
