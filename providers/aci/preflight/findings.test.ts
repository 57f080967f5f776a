import { describe, expect, test } from "vitest";
import { type Known, ProviderError } from "../../../src/provider.ts";
import { least, subnet as subnetId, identity as identityId } from "../translate/testing.ts";
import type { Facts } from "./facts.ts";
import { findingsOf, notesOf, unknownsOf } from "./findings.ts";

const principal = "11111111-2222-3333-4444-555555555555";
const { subscription } = least;
const config = { subscription, resourceGroup: "rg", locations: ["westeurope", "northeurope"], stats: false };
const trouble = (reason: string, kind: ProviderError["kind"] = "denied"): Known<never> => ({
  trouble: new ProviderError(kind, reason, `${reason}: words`),
});
const all = { value: [{ actions: ["*"] }] };
const subnet = (change: object = {}) => ({
  id: subnetId("groups"),
  location: "westeurope",
  found: {
    value: {
      prefixes: ["10.8.0.0/20"],
      delegations: ["Microsoft.ContainerInstance/containerGroups"],
      hasWayOut: true,
      ...change,
    },
  },
  region: { value: "westeurope" },
  rights: all,
});
const identity = { id: identityId("pods"), found: { value: true }, rights: all };
const well: Facts = {
  principal,
  subscription: { value: { state: "Enabled" } },
  group: { value: { state: "Succeeded" } },
  provider: { value: { state: "Registered", locations: ["westeurope", "northeurope"] } },
  rights: all,
  usages: { value: true },
  subnets: [subnet()],
  identities: [identity],
};

test("a set-up that is right has no finding", () => {
  expect(findingsOf(well, config)).toEqual([]);
  expect(notesOf(well, config)).toEqual([]);
  expect(unknownsOf(well, config)).toEqual([]);
});

const assigned = (role: string, scope: string): string =>
  `az role assignment create --role "burstlet ${role}" --assignee-object-id ${principal} --assignee-principal-type ServicePrincipal --scope ${scope}`;
const group = `/subscriptions/${subscription}/resourceGroups/rg`;

describe("a finding comes with its fix:", () => {
  test.for<[change: Partial<Facts>, message: string, fix: string]>([
    [
      { subscription: { value: { state: "Disabled" } } },
      `subscription ${subscription} is Disabled`,
      `az account subscription enable --subscription-id ${subscription}`,
    ],
    [
      { group: { value: undefined } },
      "resource group rg does not exist",
      `az group create --name rg --location westeurope --subscription ${subscription}`,
    ],
    [{ group: { value: { state: "Deleting" } } }, "resource group rg is being deleted", "az group wait --deleted"],
    [
      { provider: { value: { state: "NotRegistered", locations: [] } } },
      "Microsoft.ContainerInstance is NotRegistered",
      `az provider register --namespace Microsoft.ContainerInstance --wait --subscription ${subscription}`,
    ],
    [
      { provider: { value: { state: "Registered", locations: ["westeurope"] } } },
      "no container groups in region northeurope, but in westeurope",
      "az provider show --namespace Microsoft.ContainerInstance",
    ],
    [
      { rights: { value: [{ actions: ["Microsoft.ContainerInstance/containerGroups/read"] }] } },
      "burstlet lacks Microsoft.ContainerInstance/containerGroups/write, Microsoft.ContainerInstance/containerGroups/delete, Microsoft.ContainerInstance/containerGroups/stop/action on resource group rg",
      assigned("groups", group),
    ],
    [
      { subnets: [{ ...subnet(), found: { value: undefined } }] },
      `subnet ${subnetId("groups")} does not exist`,
      `az network vnet subnet create --subscription ${subscription} --resource-group rg --vnet-name v --name groups `,
    ],
    [
      { subnets: [subnet({ delegations: ["Microsoft.Web/serverFarms"] })] },
      "is not delegated to Microsoft.ContainerInstance/containerGroups",
      `az network vnet subnet update --ids ${subnetId("groups")} --delegations Microsoft.ContainerInstance/containerGroups`,
    ],
    [
      { subnets: [subnet({ prefixes: ["10.8.0.0/25", "fd00::/64"] })] },
      "has 10.8.0.0/25 and fd00::/64",
      "--address-prefixes",
    ],
    [
      { subnets: [{ ...subnet(), region: { value: "eastus" } }] },
      "is in eastus, and aci.subnets gives it to westeurope",
      "one of these as aci.subnets.westeurope",
    ],
    [
      {
        subnets: [{ ...subnet(), id: subnetId("groups").replace(subscription, "other"), found: { value: undefined } }],
      },
      "is of another subscription than the groups",
      `az network vnet list --subscription ${subscription}`,
    ],
    [
      { subnets: [{ ...subnet(), rights: { value: [] } }] },
      "burstlet lacks Microsoft.Network/virtualNetworks/subnets/join/action",
      assigned("uses", subnetId("groups")),
    ],
    [
      { identities: [{ ...identity, found: { value: false } }] },
      `managed identity ${identityId("pods")} does not exist`,
      `az identity create --name pods --resource-group rg --subscription ${subscription}`,
    ],
    [
      { identities: [{ ...identity, rights: { value: [] } }] },
      "burstlet lacks Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
      assigned("uses", identityId("pods")),
    ],
  ])("%j", ([change, message, fix]) => {
    const [finding, ...others] = findingsOf({ ...well, ...change }, config);
    expect(finding?.message).toContain(message);
    expect(finding?.fix).toContain(fix);
    expect(others).toEqual([]);
  });
});

describe("the one finding, since every other answer would say the same, is", () => {
  const nothing = trouble("AuthorizationFailed");
  test.for([
    ["CredentialUnavailable", "does not take the credentials", "az account get-access-token"],
    ["ExpiredAuthenticationToken", "does not take the credentials", "az account get-access-token"],
    ["SubscriptionNotFound", `know no subscription ${subscription}`, "az account list"],
    ["InvalidAuthenticationTokenTenant", `know no subscription ${subscription}`, "az account list"],
  ] as const)("%s", ([reason, message, fix]) => {
    const facts: Facts = { ...well, subscription: trouble(reason), group: { value: undefined }, rights: nothing };
    const findings = findingsOf(facts, config);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.message).toContain(message);
    expect(findings[0]?.fix).toContain(fix);
    expect(notesOf(facts, config)).toEqual([]);
    expect(unknownsOf(facts, config)).toEqual([]);
  });
});

test("regions that Azure does not have are proposed nowhere, and some that it has are named", () => {
  const names = Array.from({ length: 14 }, (_, nth) => `region${String.fromCodePoint(97 + nth)}`);
  const provider = { value: { state: "Registered", locations: names } };
  const facts: Facts = { ...well, provider, group: { value: undefined } };
  const said = (locations: string[]) => findingsOf(facts, { ...config, locations });
  const [group, region] = said(["mars"]);
  expect(group?.fix).toContain("az group create --name rg --location regiona ");
  expect(region?.message).toContain("in region mars, but in regiona, regionb, ");
  expect(region?.message).toMatch(/, regionl and 2 more$/);
  expect(said(["mars", "regionc"])[0]?.fix).toContain("--location regionc ");
});

test("of a resource group that does not exist no right is asked for", () => {
  const facts: Facts = { ...well, group: { value: undefined }, rights: { value: [] } };
  expect(findingsOf(facts, config).map(({ message }) => message)).toEqual(["resource group rg does not exist"]);
});

test("without the object id the command has a gap for it", () => {
  const [finding] = findingsOf({ ...well, principal: undefined, rights: { value: [] } }, config);
  expect(finding?.fix).toContain("--assignee-object-id <object id of burstlet's identity>");
});

test("what keeps no pod from running is no finding and is told with its fix", () => {
  const actions = ["Microsoft.ContainerInstance/*"];
  const notActions = ["*/exec/action"];
  const facts: Facts = {
    ...well,
    rights: { value: [{ actions, notActions }] },
    usages: trouble("AuthorizationFailed"),
    subnets: [subnet({ hasWayOut: false })],
  };
  expect(findingsOf(facts, config)).toEqual([]);
  const [exec, quotas, wayOut, ...others] = notesOf(facts, config);
  expect(exec?.message).toMatch(/^kubectl exec, .* does not work/);
  expect(exec?.fix).toContain(assigned("groups", group));
  expect(quotas?.message).toContain("may not read the quotas");
  expect(quotas?.fix).toContain(assigned("subscription", `/subscriptions/${subscription}`));
  expect(wayOut?.message).toContain("neither a NAT gateway nor a route table");
  expect(wayOut?.fix).toContain(`az network vnet subnet update --ids ${subnetId("groups")} --nat-gateway`);
  expect(others).toEqual([]);
});

test("the right that usage needs is told of where usage is asked for", () => {
  const facts: Facts = { ...well, rights: { value: [{ actions: ["Microsoft.ContainerInstance/*"] }] } };
  expect(notesOf(facts, config)).toEqual([]);
  const [note, ...others] = notesOf(facts, { ...config, stats: true });
  expect(note?.message).toContain("lacks the right Microsoft.Insights/metrics/read");
  expect(note?.fix).toContain(assigned("usage", group));
  expect(others).toEqual([]);
  expect(notesOf(well, { ...config, stats: true })).toEqual([]);
});

test("what nobody may look at is no finding and is told", () => {
  const denied = trouble("AuthorizationFailed");
  const facts: Facts = {
    principal,
    subscription: denied,
    group: denied,
    provider: denied,
    rights: denied,
    usages: undefined,
    subnets: [{ ...subnet(), found: denied, region: denied, rights: denied }],
    identities: [{ ...identity, found: denied, rights: denied }],
  };
  expect(findingsOf(facts, config)).toEqual([]);
  expect(unknownsOf(facts, config).map(({ what }) => what)).toEqual([
    "subscription",
    "resource group",
    "resource provider Microsoft.ContainerInstance",
    "rights in the resource group",
    `subnet ${subnetId("groups")}`,
    `region of subnet ${subnetId("groups")}`,
    `rights on subnet ${subnetId("groups")}`,
    `identity ${identityId("pods")}`,
    `rights on identity ${identityId("pods")}`,
  ]);
});
