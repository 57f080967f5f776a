import type { Usage } from "@azure/arm-containerinstance";
import { describe, expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { silentLog as log } from "../../../test/support/silent-log.ts";
import { ProviderError } from "../../../src/provider.ts";
import { ended, fakeAzure, groupsFor, running } from "../groups/testing.ts";
import { createCapacity } from "./capacity.ts";

const usage = (value: string, currentValue: number, limit: number): Usage => ({ name: { value }, currentValue, limit });
const of = (vcpu: number, groups: number, used = 0) => [
  usage("StandardCores", used, vcpu),
  usage("ContainerGroups", used, groups),
];

function world(locations = ["westeurope"], told: Record<string, Usage[]> = { westeurope: of(50, 30) }) {
  const clock = fakeClock();
  const groups = groupsFor(clock);
  const azure = fakeAzure();
  const trouble = { is: false };
  const client = {
    usages: async (location: string) => {
      if (trouble.is) throw new ProviderError("transient", "CloudUnreachable", "words");
      return told[location] ?? [];
    },
  };
  const capacity = createCapacity({ client, config: { locations, capacity: {} }, groups, clock, log });
  const put = (uid: string, parts: object, location = "westeurope") =>
    groups.put({ ...azure.groups.get(azure.put(uid, parts)), location }, 0);
  return { capacity, clock, put, trouble, told };
}
const up = { main: { currentState: running() } };

describe("a node", () => {
  test("is as large as the quotas of all its regions together", async () => {
    const { capacity } = world(["westeurope", "northeurope"], { westeurope: of(50, 30), northeurope: of(10, 5) });
    expect(await capacity.current()).toMatchObject({ cpu: 60, pods: 35, architecture: "amd64" });
    expect((await capacity.current()).labels).toBeUndefined();
  });

  test("of one region is labelled with it, and has as much memory and disk as groups of that size can have", async () => {
    expect(await world().capacity.current()).toEqual({
      cpu: 50,
      memory: Math.floor((50 * 240e9) / 31),
      ephemeralStorage: 30 * 50 * 2 ** 30,
      pods: 30,
      osImage: "Azure Container Instances",
      kernelVersion: "azure",
      containerRuntime: "aci://2023-05-01",
      architecture: "amd64",
      labels: { "topology.kubernetes.io/region": "westeurope" },
    });
  });

  test("has less when others use the quota, and not when its own groups do", async () => {
    const { capacity, put } = world(undefined, { westeurope: of(50, 30, 10) });
    expect(await capacity.current()).toMatchObject({ cpu: 40, pods: 20 });
    put("one", up);
    put("two", { main: { currentState: running() } });
    put("three", { policy: "Never", state: "Succeeded", main: { currentState: ended(0) } });
    put("four", up, "northeurope");
    // Half a vCPU each.
    expect(await capacity.current()).toMatchObject({ cpu: 41, pods: 22 });
  });

  test("stays as it was while Azure does not tell, and is at first as Azure's pages say", async () => {
    const { capacity, trouble, told } = world();
    trouble.is = true;
    expect(await capacity.current()).toMatchObject({ cpu: 100, pods: 100 });
    trouble.is = false;
    expect(await capacity.current()).toMatchObject({ cpu: 50, pods: 30 });
    trouble.is = true;
    told["westeurope"] = of(1, 1);
    expect(await capacity.current()).toMatchObject({ cpu: 50, pods: 30 });
  });

  test("shrinks to what it has when a quota is used up, and grows again", async () => {
    const { capacity, put, clock } = world();
    put("one", up);
    capacity.exhausted();
    expect(await capacity.current()).toMatchObject({ cpu: 0.5, pods: 1 });
    await clock.advance(60 * 60_000);
    expect(await capacity.current()).toMatchObject({ cpu: 50, pods: 30 });
  });
});
