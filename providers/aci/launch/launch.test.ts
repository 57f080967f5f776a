import { describe, expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { silentLog as log } from "../../../test/support/silent-log.ts";
import { idempotencyToken, ProviderError } from "../../../src/provider.ts";
import { createFeed } from "../groups/feed.ts";
import { fakeAzure, groupsFor, identity, owner } from "../groups/testing.ts";
import { groupName } from "../names.ts";
import type { AciRequest } from "../request.ts";
import { createLaunch } from "./launch.ts";

const container = { name: "main", properties: { image: "a", resources: { requests: { cpu: 1, memoryInGB: 1 } } } };
const request = {
  group: { tags: { "burstlet-pod": "web" }, properties: { restartPolicy: "Always", containers: [container] } },
  places: [{ location: "westeurope" }, { location: "northeurope" }],
  vcpu: 2,
} as unknown as AciRequest;

function world(wait = 0) {
  const azure = fakeAzure();
  const clock = fakeClock();
  const groups = groupsFor(clock);
  const feed = createFeed({ client: azure.client, groups, owner, clock, log });
  let exhausted = 0;
  const create = azure.client.create;
  azure.client.create = async (name, whose, body) => {
    const group = await create(name, whose, body);
    return { ...group, properties: { ...group.properties, instanceView: { state: "Pending", events: [] } } };
  };
  const launch = createLaunch({
    client: azure.client,
    buckets: { creationDelay: () => wait },
    owner,
    feed,
    exhausted: () => exhausted++,
    clock,
    log,
  });
  const go = async (tryNumber: number) => {
    const token = idempotencyToken(identity, tryNumber);
    return launch({ identity, token, tryNumber, request }, new AbortController().signal);
  };
  return { azure, groups, go, exhausted: () => exhausted };
}

describe("a launch", () => {
  test("makes one group, in the region of its try, and knows it from then on", async () => {
    const { azure, groups, go } = world();
    const name = groupName(idempotencyToken(identity, 2));
    expect(await go(2)).toMatchObject({ identity, phase: "starting", podName: "web", nodeName: owner.nodeName });
    expect(azure.calls).toEqual([`create ${name}`]);
    expect(azure.groups.get(name)).toMatchObject({ location: "northeurope" });
    expect(groups.find({ identity })).toMatchObject({ name, location: "northeurope" });
    await go(3);
    expect([...azure.groups.values()].map(({ location }) => location)).toEqual(["northeurope", "westeurope"]);
  });

  test("that would wait long for the quota of creations asks for nothing, and is to come again while others still wait", async () => {
    const { azure, go } = world(45_500);
    await expect(go(1)).rejects.toMatchObject({ kind: "throttled", reason: "CreationQuota", retryAfter: 26 });
    expect(azure.calls).toEqual([]);
    await expect(world(10_000).go(1)).resolves.toMatchObject({ phase: "starting" });
  });

  test("for which no region has a quota left makes the node smaller, and says what would help", async () => {
    const { azure, go, exhausted } = world();
    const quota = "Resource type 'StandardCores' container group quota is exceeded.";
    azure.failing.set("create", new ProviderError("noCapacity", "ContainerGroupQuotaReached", quota));
    await expect(go(1)).rejects.toMatchObject({
      kind: "noCapacity",
      reason: "ContainerGroupQuotaReached",
      message: expect.stringContaining("exceeded: this group takes 2 vCPU in westeurope; the quota can be raised"),
    });
    expect(exhausted()).toBe(0);
    await expect(go(2)).rejects.toMatchObject({ kind: "noCapacity" });
    expect(exhausted()).toBe(1);
  });

  test("for which a region has no machines says so unchanged", async () => {
    const { azure, go, exhausted } = world();
    const error = new ProviderError("noCapacity", "InsufficientCapacity", "not available in the location");
    azure.failing.set("create", error);
    await expect(go(2)).rejects.toBe(error);
    expect(exhausted()).toBe(0);
  });
});
