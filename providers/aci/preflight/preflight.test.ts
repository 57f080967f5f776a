import { describe, expect, test } from "vitest";
import { ProviderError } from "../../../src/provider.ts";
import { silentLog } from "../../../test/support/silent-log.ts";
import { armError } from "../arm/errors.ts";
import { configSchema } from "../config.ts";
import { identity, inSubnet, least, subnet } from "../translate/testing.ts";
import { createPreflight } from "./preflight.ts";
import { objectIdIn, principalOf } from "./principal.ts";

const scope = `/subscriptions/${least.subscription}`;
const config = configSchema.parse({ ...least, ...inSubnet, resourceGroup: "rg", identities: [identity("pods")] });

/** By path without its query: the body of the answer, or code and status of an error. */
type Answers = Readonly<Record<string, object | readonly [code: string, status: number]>>;

const permissions = "/providers/Microsoft.Authorization/permissions";
const everything = { value: [{ actions: ["*"], notActions: [] }] };

/** A subscription in which everything is as it should be, in the shapes of Azure's references. */
const account: Answers = {
  [scope]: { id: scope, state: "Enabled" },
  [`${scope}/resourceGroups/rg`]: { location: "westeurope", properties: { provisioningState: "Succeeded" } },
  [`${scope}/providers/Microsoft.ContainerInstance`]: {
    registrationState: "Registered",
    resourceTypes: [
      { resourceType: "operations", locations: [] },
      { resourceType: "containerGroups", locations: ["West Europe", "North Europe"] },
    ],
  },
  [`${scope}/providers/Microsoft.ContainerInstance/locations/westeurope/usages`]: { value: [] },
  [subnet("groups")]: {
    properties: {
      addressPrefix: "10.8.0.0/20",
      delegations: [{ name: "d", properties: { serviceName: "Microsoft.ContainerInstance/containerGroups" } }],
      natGateway: { id: "/n" },
    },
  },
  [subnet("groups").replace("/subnets/groups", "")]: { location: "westeurope", properties: {} },
  [identity("pods")]: { properties: { principalId: "p" } },
  [`${scope}/resourceGroups/rg${permissions}`]: everything,
  [`${subnet("groups")}${permissions}`]: everything,
  [`${identity("pods")}${permissions}`]: everything,
};

function open(change: Answers = {}) {
  const answers: Answers = { ...account, ...change };
  const asked: string[] = [];
  const told: string[] = [];
  const preflight = createPreflight({
    config,
    principal: () => Promise.reject(new Error("no token")),
    async get(path) {
      const [bare = "", query = ""] = path.split("?");
      expect(query).toMatch(/^api-version=\d{4}-\d\d-\d\d$/);
      asked.push(bare);
      await Promise.resolve();
      const answer = answers[bare];
      if (answer === undefined) throw new Error(`nobody answers ${bare}`);
      if (!Array.isArray(answer)) return answer;
      const [code, status] = answer as [string, number];
      throw armError({ status, header: () => undefined, body: { error: { code, message: "words" } } });
    },
    log: {
      ...silentLog,
      info: (_, fields) => void told.push(String((fields as { what?: string }).what)),
      warn: (_, fields) => void told.push(String((fields as { message?: string }).message)),
    },
  });
  return { preflight, asked, told };
}

describe("preflight", () => {
  test("of a set-up that is right finds nothing, and asks for each thing once", async () => {
    const { preflight, asked, told } = open();
    await expect(preflight()).resolves.toEqual([]);
    expect(told).toEqual([]);
    expect(asked.toSorted()).toEqual(Object.keys(account).toSorted());
  });

  test("finds everything that is missing, at once", async () => {
    const gone = ["ResourceNotFound", 404] as const;
    const { preflight } = open({
      [`${scope}/resourceGroups/rg`]: ["ResourceGroupNotFound", 404],
      [`${scope}/resourceGroups/rg${permissions}`]: ["ResourceGroupNotFound", 404],
      [`${scope}/providers/Microsoft.ContainerInstance`]: { registrationState: "NotRegistered" },
      [subnet("groups")]: gone,
      [subnet("groups").replace("/subnets/groups", "")]: gone,
      [`${subnet("groups")}${permissions}`]: gone,
      [identity("pods")]: ["ResourceGroupNotFound", 404],
      [`${identity("pods")}${permissions}`]: ["ResourceGroupNotFound", 404],
    });
    expect((await preflight()).map(({ message }) => message)).toEqual([
      "resource group rg does not exist",
      `resource provider Microsoft.ContainerInstance is NotRegistered in subscription ${least.subscription}`,
      `subnet ${subnet("groups")} does not exist`,
      `managed identity ${identity("pods")} does not exist`,
    ]);
  });

  test("does not ask for quotas where the configuration says what the node promises", async () => {
    const { preflight, told: notes } = open({
      [`${scope}/providers/Microsoft.ContainerInstance/locations/westeurope/usages`]: ["AuthorizationFailed", 403],
    });
    await expect(preflight()).resolves.toEqual([]);
    expect(notes).toEqual([expect.stringContaining("may not read the quotas")]);
    const asked: string[] = [];
    const told = createPreflight({
      config: { ...config, capacity: { vcpu: 4, pods: 4 } },
      principal: () => Promise.resolve(undefined),
      log: silentLog,
      async get(path) {
        const [bare = ""] = path.split("?");
        asked.push(bare);
        await Promise.resolve();
        return account[bare];
      },
    });
    await expect(told()).resolves.toEqual([]);
    expect(asked.filter((path) => path.endsWith("/usages"))).toEqual([]);
  });

  test("without the right to look tells in the log, once, and finds nothing", async () => {
    const denied = Object.fromEntries(
      Object.keys(account).map((path) => [path, ["AuthorizationFailed", 403] as const]),
    );
    const { preflight, told } = open({
      ...denied,
      [`${scope}/providers/Microsoft.ContainerInstance/locations/westeurope/usages`]: { value: [] },
    });
    await expect(preflight()).resolves.toEqual([]);
    await expect(preflight()).resolves.toEqual([]);
    expect(told).toHaveLength(9);
    expect(new Set(told).size).toBe(9);
  });

  test("tells of a subnet without a way out, once, and lets pods run", async () => {
    const found = account[subnet("groups")] as { properties: object };
    const { preflight, told } = open({
      [subnet("groups")]: { properties: { ...found.properties, natGateway: null, addressPrefixes: ["10.8.0.0/20"] } },
    });
    await preflight();
    await expect(preflight()).resolves.toEqual([]);
    expect(told).toEqual([expect.stringContaining("neither a NAT gateway nor a route table")]);
  });

  test.for<[code: string, status: number]>([
    ["InvalidAuthenticationToken", 401],
    ["SubscriptionNotFound", 404],
  ])("%s is the one finding", async ([code, status]) => {
    const all = Object.fromEntries(Object.keys(account).map((path) => [path, [code, status] as const]));
    const { preflight, told } = open(all);
    await expect(preflight()).resolves.toHaveLength(1);
    expect(told).toEqual([]);
  });

  test("rejects when Azure does not answer, so that it is asked again", async () => {
    const { preflight } = open({ [scope]: ["InternalServerError", 500] });
    await expect(preflight()).rejects.toBeInstanceOf(ProviderError);
  });
});

describe("the object id of burstlet's identity", () => {
  const oid = "11111111-2222-3333-4444-555555555555";
  const token = (payload: string): string => `h.${Buffer.from(payload).toString("base64url")}.s`;

  test("is what its token says", async () => {
    const scopes: string[] = [];
    const credential = {
      async getToken(scope: string) {
        scopes.push(scope);
        await Promise.resolve();
        return { token: token(JSON.stringify({ oid })) };
      },
    };
    await expect(principalOf(credential, "https://management.azure.com/")).resolves.toBe(oid);
    expect(scopes).toEqual(["https://management.azure.com/.default"]);
  });

  test.for(["", "x", token("{}"), token("no json"), token(JSON.stringify({ oid: "$(rm -rf /)" }))])(
    "is not known from %j",
    (text) => {
      expect(objectIdIn(text)).toBeUndefined();
    },
  );
});
