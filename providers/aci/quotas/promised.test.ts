import { describe, expect, test } from "vitest";
import type { Usage } from "@azure/arm-containerinstance";
import { promisedBy } from "./promised.ts";

const usage = (name: string, currentValue: number, limit: number) => ({
  name: { value: name },
  currentValue,
  limit,
  unit: "Count",
});
const usages = [usage("ContainerGroups", 30, 100), usage("StandardCores", 12, 10), usage("StandardSpotCores", 0, 5)];
const none = { vcpu: 0, groups: 0 };

describe("the node promises", () => {
  test("what the quota leaves when others have had theirs, and its own besides", () => {
    expect(promisedBy(usages, {}, { vcpu: 8, groups: 20 })).toEqual({ vcpu: 6, pods: 90 });
    expect(promisedBy(usages, {}, none)).toEqual({ vcpu: 0, pods: 70 });
    // More than Azure has counted yet: nobody else is there.
    expect(promisedBy(usages, {}, { vcpu: 20, groups: 40 })).toEqual({ vcpu: 10, pods: 100 });
  });

  test("what the configuration says, first", () => {
    expect(promisedBy(usages, { vcpu: 64, pods: 5 }, none)).toEqual({ vcpu: 64, pods: 5 });
  });

  test("nothing that nobody has told", () => {
    const nulls = [{ name: null }, { name: { value: "StandardCores" }, limit: null }] as unknown as Usage[];
    for (const told of [[], [{}], nulls])
      expect(promisedBy(told, {}, none)).toEqual({ vcpu: undefined, pods: undefined });
  });
});
