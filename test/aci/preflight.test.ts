/** What the preflight finds in a set-up that the stand-in plays, asked over HTTP. */
import { describe, expect, test } from "vitest";
import type { ScenarioInput } from "../../localstack/scenario/schema.ts";
import { openAci } from "./testing.ts";

type Azure = NonNullable<ScenarioInput["azure"]>;

const subscription = "/subscriptions/00000000-0000-0000-0000-000000000000";
const subnet = `${subscription}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/s`;
const inSubnet = { network: "subnet", subnets: { westeurope: subnet } };
const identity = `${subscription}/resourceGroups/ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i`;
const missing = "00000000-0000-0000-0000-000000000001";

describe("the preflight over the stand-in", () => {
  test.for<[what: string, azure: Azure, config: object, findings: string[]]>([
    ["that is well", {}, {}, []],
    ["with a subnet that is well", { subnets: [{ id: subnet }] }, inSubnet, []],
    ["with a subnet that is not delegated", { subnets: [{ id: subnet, delegated: false }] }, inSubnet, ["delegated"]],
    ["with a subnet elsewhere", { subnets: [{ id: subnet, location: "eastus" }] }, inSubnet, ["eastus"]],
    ["with a subnet that is not there", {}, inSubnet, ["does not exist"]],
    ["with an identity that is not there", {}, { identities: [identity] }, ["does not exist"]],
    ["with an identity", { identities: [identity] }, { identities: [identity] }, []],
    ["whose provider is not registered", { registered: false }, {}, ["NotRegistered"]],
    ["without the resource group", { resourceGroups: ["other"] }, {}, ["burstlet does not exist"]],
    ["without the region", { locations: { eastus: {} } }, {}, ["westeurope"]],
    ["of another subscription", {}, { subscription: missing }, [missing]],
    ["that is disabled", { state: "Disabled" }, {}, ["Disabled"]],
    [
      "whose role makes no groups",
      { denied: ["Microsoft.ContainerInstance/containerGroups/write"] },
      {},
      ["Microsoft.ContainerInstance/containerGroups/write"],
    ],
  ])("of a set-up %s", async ([, azure, config, findings]) => {
    await using aci = await openAci({ azure }, config);
    const found = (await aci.provider.preflight?.()) ?? [];
    expect(found.map(({ message }) => message)).toEqual(
      findings.map((words) => expect.stringContaining(words) as string),
    );
    for (const { fix } of found) expect(fix).not.toBe("");
  });

  test("with a token that has expired finds that alone", async () => {
    await using aci = await openAci({ switches: { azure: { token: "expired" } } });
    const found = await aci.provider.preflight?.();
    expect(found).toMatchObject([{ message: expect.stringContaining("credentials") as string }]);
  });
});
