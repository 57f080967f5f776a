/** What stands in the way of a group: said at the PUT or later, as a switch says, and tried on in any case. */
import { describe, expect, test } from "vitest";
import type { ScenarioInput } from "../../scenario/schema.ts";
import {
  type Answer,
  type AzureWorld,
  containerBody,
  groupBody,
  openAzure,
  type Picture,
  stateOf,
  viewOf,
} from "../testing.ts";

const put = async (azure: AzureWorld, name = "bl-1", properties: object = {}, change: object = {}): Promise<Answer> =>
  azure.group("PUT", name, groupBody(properties, change));
const said = ({ status, body }: Answer) => [status, body.error?.code];
const runs = (group: Picture): boolean => stateOf(group) === "Running";
const subnet = (name: string): string =>
  `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/${name}`;
const share = (shareName: string) => ({
  volumes: [{ name: "share", azureFile: { shareName, storageAccountName: "account", storageAccountKey: "key" } }],
});

type Case = readonly [
  what: string,
  scenario: ScenarioInput,
  properties: object,
  status: number,
  code: string,
  mend: ScenarioInput,
];

const cases: readonly Case[] = [
  [
    "quotaAnswer",
    { azure: { locations: { westeurope: { quotas: { StandardCores: 3 } } } } },
    { containers: [containerBody({ cpu: 4 })] },
    409,
    "ContainerGroupQuotaReached",
    { azure: { locations: { westeurope: { quotas: { StandardCores: 4 } } } } },
  ],
  [
    "capacityAnswer",
    { azure: { locations: { westeurope: { capacity: 0 } } } },
    {},
    409,
    "ServiceUnavailable",
    { azure: { locations: { westeurope: { capacity: 8 } } } },
  ],
  [
    "imageAnswer",
    { images: { scripted: { pull: "missing" } } },
    {},
    400,
    "InaccessibleImage",
    { images: { scripted: { pull: undefined } } },
  ],
  [
    "imageAnswer",
    { images: { scripted: { pull: "limited" } } },
    {},
    409,
    "RegistryErrorResponse",
    { images: { scripted: { pull: undefined } } },
  ],
];

describe("what stands in the way of a group", () => {
  test.for(cases)("%s at the PUT: %j", async ([, scenario, properties, status, code, mend]) => {
    await using azure = await openAzure(scenario);
    expect(said(await put(azure, "bl-1", properties))).toEqual([status, code]);
    expect((await azure.group("GET", "bl-1")).status).toBe(404);
    expect(azure.cloud.ledger.entries).toMatchObject([
      { event: "group put", outcome: "refused", reason: expect.stringMatching(code) as string },
    ]);
    azure.cloud.scenario.change(mend);
    expect((await put(azure, "bl-1", properties)).status).toBe(201);
    await azure.until("bl-1", runs);
  });

  test.for(cases)("%s later: %j", async ([which, scenario, properties, , code, mend]) => {
    await using azure = await openAzure({ ...scenario, switches: { azure: { [which]: "later" } } });
    const made = await put(azure, "bl-1", properties);
    expect(made.status).toBe(201);
    const isImage = which === "imageAnswer";
    const failed = await azure.until("bl-1", (one) =>
      isImage
        ? viewOf(one)?.events?.some(({ name }) => name === "BackOff") === true
        : one.properties?.provisioningState === "Failed",
    );
    expect([stateOf(failed), viewOf(failed)?.currentState.state]).toEqual(["Pending", "Waiting"]);
    const headers = { authorization: "Bearer any" };
    const url = made.headers.get("azure-asyncoperation") ?? "";
    const operation = (await (await fetch(url, { headers })).json()) as Picture;
    expect([operation.status, operation.error?.code]).toEqual(isImage ? ["Pending", undefined] : ["Failed", code]);
    azure.cloud.scenario.change(mend);
    expect((await azure.until("bl-1", runs)).properties?.provisioningState).toBe("Succeeded");
  });

  test("a share that is not there: FailedMount, which is no warning, and a start time of nothing", async () => {
    await using azure = await openAzure({ azure: { shares: ["account/there"] } });
    await put(azure, "mounts", share("there"));
    await azure.until("mounts", runs);
    await put(azure, "bl-1", share("missing"));
    const group = await azure.until("bl-1", (one) => one.properties?.provisioningState === "Failed");
    expect(group.properties?.instanceView).toMatchObject({
      state: "Pending",
      events: [{ name: "FailedMount", type: "Normal" }],
    });
    expect(viewOf(group)?.currentState).toMatchObject({
      state: "Waiting",
      startTime: expect.stringMatching(/Z$/) as string,
    });
    expect(JSON.stringify(group)).not.toContain("key");
  });

  test("an image that the runtime cannot pull is told by events, until the time for provisioning is over", async () => {
    await using azure = await openAzure();
    azure.cloud.clock.setRate(1e-6);
    await put(azure, "bl-1", { containers: [containerBody({ script: { IMAGE: "missing" } })] });
    const group = await azure.until(
      "bl-1",
      (one) => viewOf(one)?.events?.some(({ name }) => name === "Failed") === true,
    );
    expect(group.properties?.provisioningState).toBe("Creating");
    expect(viewOf(group)?.events?.at(-1)).toMatchObject({
      name: "BackOff",
      message: 'Back-off pulling image "scripted"',
    });
    azure.cloud.clock.advance(1_801_000);
    await azure.until("bl-1", (one) => one.properties?.provisioningState === "Failed");
  });

  test.for([
    [{ subnets: [{ id: subnet("a") }] }, "a", [201, undefined]],
    [{ subnets: [{ id: subnet("a"), delegated: false }] }, "a", [400, "SubnetMissingRequiredDelegation"]],
    [{ subnets: [] }, "a", [400, "SubnetNotFound"]],
    [
      { subnets: [{ id: subnet("a") }], denied: ["Microsoft.Network/virtualNetworks/subnets/join/action"] },
      "a",
      [403, "LinkedAuthorizationFailed"],
    ],
    [{ registered: false }, undefined, [409, "MissingSubscriptionRegistration"]],
    [{ state: "Disabled" as const }, undefined, [409, "ReadOnlyDisabledSubscription"]],
    [{ resourceGroups: ["other"] }, undefined, [404, "ResourceGroupNotFound"]],
    [{ locations: { eastus: {} } }, undefined, [400, "LocationNotAvailableForResourceType"]],
    [{ denied: ["Microsoft.ContainerInstance/containerGroups/write"] }, undefined, [403, "AuthorizationFailed"]],
  ] as const)("a set-up as %j, with the subnet %s: %j", async ([azureScenario, name, expected]) => {
    await using azure = await openAzure({ azure: structuredClone(azureScenario) as ScenarioInput["azure"] });
    const properties = name === undefined ? {} : { subnetIds: [{ id: subnet(name) }] };
    expect(said(await put(azure, "bl-1", properties))).toEqual(expected);
  });

  test.for(["told", "absent"] as const)(
    "a subnet is full, and the address of a group in it is %s",
    async (subnetAddress) => {
      await using azure = await openAzure({
        azure: { subnets: [{ id: subnet("a"), capacity: 1 }] },
        switches: { azure: { subnetAddress } },
      });
      const inside = { subnetIds: [{ id: subnet("a") }] };
      await put(azure, "first", inside);
      const first = await azure.until("first", runs);
      expect(first.properties?.ipAddress !== undefined).toBe(subnetAddress === "told");
      await put(azure, "second", inside);
      await azure.until("second", (one) => one.properties?.provisioningState === "Failed");
      await azure.group("DELETE", "first");
      await azure.until("second", runs);
    },
  );

  test.for([
    ["counted", 409],
    ["not counted", 201],
  ] as const)("groups that have ended: %s in the quota and the usages", async ([endedGroups, status]) => {
    await using azure = await openAzure({
      azure: { locations: { westeurope: { quotas: { ContainerGroups: 1 } } } },
      switches: { azure: { endedGroups } },
    });
    await put(azure, "done", { restartPolicy: "Never", containers: [containerBody({ script: { RUN: "0" } })] });
    await azure.until("done", (one) => stateOf(one) === "Succeeded");
    const { body } = await azure.call("GET", "/providers/Microsoft.ContainerInstance/locations/westeurope/usages");
    const used = status === 409 ? 1 : 0;
    const usages = [
      ["ContainerGroups", used, 1],
      ["StandardCores", used, 100],
      ["StandardSpotCores", 0, 100],
    ].map(
      ([value, currentValue, limit]) =>
        expect.objectContaining({
          currentValue,
          limit,
          unit: "Count",
          name: expect.objectContaining({ value }) as object,
        }) as object,
    );
    expect(body.value).toEqual(usages);
    expect((await put(azure, "next")).status).toBe(status);
  });
});
