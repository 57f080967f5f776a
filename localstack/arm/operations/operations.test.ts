import { describe, expect, test } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { containerBody, groupBody, groupsPath, openAzure, type Picture, stateOf, viewOf } from "../testing.ts";

const runs = (group: Picture): boolean => stateOf(group) === "Running";
const bearer = { authorization: "Bearer any" };

describe("a call", () => {
  test.for([
    [{}, 401, "AuthenticationFailed"],
    [{ authorization: "Basic x" }, 401, "AuthenticationFailed"],
    [bearer, 200, undefined],
  ] as const)("with the headers %j is answered %i", async ([headers, status, code]) => {
    await using azure = await openAzure();
    const answer = await azure.call("GET", groupsPath, undefined, headers);
    expect([answer.status, answer.body.error?.code]).toEqual([status, code]);
  });

  test.for([
    ["expired", "ExpiredAuthenticationToken"],
    ["unknown", "InvalidAuthenticationTokenTenant"],
  ] as const)("with a token that is %s is refused", async ([token, code]) => {
    await using azure = await openAzure({ switches: { azure: { token } } });
    expect((await azure.call("GET", groupsPath)).body.error?.code).toBe(code);
  });

  test("without a version, to another subscription or to what is not simulated is refused, loudly", async () => {
    await using azure = await openAzure();
    const ask = async (path: string) => {
      const answer = await fetch(`${azure.cloud.url}${path}`, { headers: bearer });
      return [answer.status, ((await answer.json()) as Picture).error?.code];
    };
    const { subscription } = azure.cloud.scenario.now.azure;
    expect(await ask(`/subscriptions/${subscription}${groupsPath}`)).toEqual([400, "MissingApiVersionParameter"]);
    expect(await ask(`/subscriptions/other${groupsPath}?api-version=1`)).toEqual([404, "SubscriptionNotFound"]);
    expect(await ask(`/subscriptions/${subscription}/vaults?api-version=1`)).toEqual([501, "NotSimulatedException"]);
    const gpu = {
      containers: [containerBody({ more: { resources: { requests: { cpu: 1, memoryInGB: 1, gpu: {} } } } })],
    };
    const refused = await azure.group("PUT", "bl-1", groupBody(gpu));
    expect([refused.status, refused.body.error?.message]).toEqual([501, expect.stringContaining("requests.gpu")]);
  });

  test.for([
    ["before", undefined, 404],
    ["after", undefined, 200],
    [undefined, 503, 200],
  ] as const)("PUT that is cut %s or answered %i late", async ([cut, status, found]) => {
    const error = { type: "ServerTimeout", message: "words", status: 503, late: true, retryAfter: 3 };
    const fault = { call: "arm:PutContainerGroup", times: 1, ...(cut === undefined ? { error } : { cut }) };
    await using azure = await openAzure({ faults: [fault] });
    const put = azure.group("PUT", "bl-1", groupBody());
    if (status === undefined) await expect(put).rejects.toThrow("fetch failed");
    else {
      const answer = await put;
      expect([answer.status, answer.headers.get("retry-after"), answer.body.error]).toEqual([
        503,
        "3",
        { code: "ServerTimeout", message: "words" },
      ]);
    }
    expect((await azure.group("GET", "bl-1")).status).toBe(found);
    expect(azure.cloud.calls.of("arm:PutContainerGroup")).toBe(1);
  });
});

describe("groups", () => {
  test("are listed in pages, of their resource group and of the subscription", async () => {
    await using azure = await openAzure({ azure: { pageSize: 2, resourceGroups: ["burstlet", "other"] } });
    for (const name of ["a", "b", "c"]) await azure.group("PUT", name, groupBody());
    await azure.call("PUT", groupsPath.replace("burstlet", "OTHER") + "/d", groupBody());
    const names = async (path: string): Promise<unknown[]> => {
      const first = await azure.call("GET", path);
      const found: unknown[] = [];
      for (let page: Picture | undefined = first.body; page !== undefined;) {
        found.push((page.value ?? []).map(({ name }) => name));
        const { nextLink }: Picture = page;
        page =
          nextLink === undefined ? undefined : ((await (await fetch(nextLink, { headers: bearer })).json()) as Picture);
      }
      return found;
    };
    expect(await names(groupsPath)).toEqual([["a", "b"], ["c"]]);
    expect(await names("/providers/Microsoft.ContainerInstance/containerGroups")).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
  });

  test("get other tags without being started anew", async () => {
    await using azure = await openAzure();
    await azure.group("PUT", "bl-1", groupBody({}, { tags: { a: "1" } }));
    await azure.until("bl-1", runs);
    expect((await azure.group("PATCH", "bl-1", { tags: { b: "2" } })).body.tags).toEqual({ b: "2" });
    expect((await azure.until("bl-1", runs)).tags).toEqual({ b: "2" });
    expect(azure.cloud.ledger.entries.filter(({ event }) => event === "group run")).toHaveLength(1);
  });

  test("are started anew by other tags, where a switch says so", async () => {
    await using azure = await openAzure({ switches: { azure: { patch: "restarts" } } });
    await azure.group("PUT", "bl-1", groupBody());
    await azure.until("bl-1", runs);
    await azure.group("PATCH", "bl-1", { tags: {} });
    await eventually("a second run", () => {
      return azure.cloud.ledger.entries.filter(({ event }) => event === "group run").length === 2;
    });
  });

  test("that are deleted by 202 are gone when what Location names says so, and visible until then by a switch", async () => {
    await using azure = await openAzure({
      azure: { times: { deleting: 3600 } },
      switches: { azure: { deleteAnswer: "202", deletedGroup: "visible" } },
    });
    await azure.group("PUT", "bl-1", groupBody());
    await azure.until("bl-1", runs);
    const answer = await azure.group("DELETE", "bl-1");
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([202, "1"]);
    const over = async () => (await fetch(answer.headers.get("location") ?? "", { headers: bearer })).status;
    expect(await over()).toBe(202);
    const group = await azure.until("bl-1", (one) => viewOf(one)?.currentState.state === "Terminated");
    expect(group.properties?.provisioningState).toBe("Deleting");
    expect((await azure.group("PUT", "bl-1", groupBody())).body.error?.code).toBe("ContainerGroupTransitioning");
    azure.cloud.clock.advance(3_600_000);
    await eventually("it is gone", async () => (await azure.group("GET", "bl-1")).status === 404);
    expect(await over()).toBe(204);
  });

  test.for([
    ["deletable", 200],
    ["refused", 409],
  ] as const)("that are on their way are %s", async ([transition, status]) => {
    await using azure = await openAzure({
      azure: { times: { pending: 3600 } },
      switches: { azure: { transition } },
    });
    await azure.group("PUT", "bl-1", groupBody());
    expect((await azure.group("DELETE", "bl-1")).status).toBe(status);
    expect((await azure.group("GET", "bl-1")).status).toBe(status === 200 ? 404 : 200);
  });

  test("of one name, one after the other, are two", async () => {
    await using azure = await openAzure({ azure: { times: { deleting: 3600 } } });
    await azure.group("PUT", "bl-1", groupBody());
    await azure.group("DELETE", "bl-1");
    expect((await azure.group("PUT", "bl-1", groupBody())).status).toBe(201);
    await azure.until("bl-1", runs);
    const uids = azure.cloud.ledger.entries.flatMap((one) => (one.event === "group put" ? [one.uid] : []));
    expect(new Set(uids).size).toBe(2);
  });
});

describe("the output of a container", () => {
  const size = async (lines: number, ended: boolean) => {
    await using azure = await openAzure();
    const script = ended ? { RUN: "0" } : {};
    await azure.group("PUT", "bl-1", groupBody({ restartPolicy: "Never", containers: [containerBody({ script })] }));
    await azure.until("bl-1", (one) => (ended ? stateOf(one) === "Succeeded" : runs(one)));
    azure.cloud.groups.print(
      "bl-1",
      "app",
      Array.from({ length: lines }, (_, index) => `${index} `.padEnd(9, "x")),
    );
    const { body } = await azure.group("GET", "bl-1/containers/app/logs");
    return body.content ?? "";
  };

  test("is cut to 4 MB while it runs, and to 1,000 lines once it has ended", async () => {
    expect((await size(500_000, false)).length).toBe(4 * 2 ** 20);
    const ended = await size(1_500, true);
    expect([ended.split("\n").length - 1, ended.startsWith("500 xxxxx\n")]).toEqual([1_000, true]);
  });

  test("is cut to 16 KB where its lines are long", async () => {
    await using azure = await openAzure();
    await azure.group(
      "PUT",
      "bl-1",
      groupBody({ restartPolicy: "Never", containers: [containerBody({ script: { RUN: "0" } })] }),
    );
    await azure.until("bl-1", (one) => stateOf(one) === "Succeeded");
    azure.cloud.groups.print("bl-1", "app", ["a".repeat(10_000), "b".repeat(10_000)]);
    const { content = "" } = (await azure.group("GET", "bl-1/containers/app/logs")).body;
    expect([content.length, content.endsWith(`a\n${"b".repeat(10_000)}\n`)]).toEqual([16 * 2 ** 10, true]);
  });

  test("is told from its end, with times, and of no container that is not there", async () => {
    await using azure = await openAzure();
    await azure.group("PUT", "bl-1", groupBody());
    await azure.until("bl-1", runs);
    azure.cloud.groups.print("bl-1", "app", ["one", "two"]);
    const logs = (query: string) => azure.group("GET", `bl-1/containers/app/logs?${query}`);
    expect((await logs("tail=2")).body.content).toBe("one\ntwo\n");
    expect((await logs("tail=1&timestamps=true")).body.content).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z two\n$/);
    expect((await logs("tail=x")).status).toBe(400);
    const other = await azure.group("GET", "bl-1/containers/other/logs");
    expect([other.status, other.body.error?.code]).toEqual([404, "ContainerNotFound"]);
  });
});

describe("what a preflight looks at", () => {
  const network = "/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v";
  const id = `/subscriptions/00000000-0000-0000-0000-000000000000${network}/subnets/s`;
  const identity = "/resourceGroups/ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";

  test("is told as the scenario has it", async () => {
    await using azure = await openAzure({
      azure: {
        subnets: [{ id, natGateway: false }],
        identities: [`/subscriptions/00000000-0000-0000-0000-000000000000${identity}`],
        denied: ["Microsoft.ContainerInstance/containerGroups/delete"],
      },
    });
    const get = async (path: string) => (await azure.call("GET", path)).body as object;
    expect(await get("")).toMatchObject({ state: "Enabled", tenantId: azure.cloud.scenario.now.azure.tenant });
    expect(await get("/providers/Microsoft.ContainerInstance")).toMatchObject({
      registrationState: "Registered",
      resourceTypes: [{ resourceType: "containerGroups", locations: ["West Europe", "North Europe", "East US"] }],
    });
    expect(await get("/resourceGroups/burstlet")).toMatchObject({ properties: { provisioningState: "Succeeded" } });
    const rights = { value: [{ actions: ["*"], notActions: ["Microsoft.ContainerInstance/containerGroups/delete"] }] };
    for (const scope of ["/resourceGroups/burstlet", `${network}/subnets/s`, identity])
      expect(await get(`${scope}/providers/Microsoft.Authorization/permissions`)).toMatchObject(rights);
    expect(await get(network)).toMatchObject({ location: "westeurope" });
    const subnet = await get(`${network}/subnets/s`);
    const delegations = [{ properties: { serviceName: "Microsoft.ContainerInstance/containerGroups" } }];
    expect(subnet).toMatchObject({ properties: { addressPrefix: "10.1.0.0/24", delegations } });
    expect(subnet).not.toHaveProperty("properties.natGateway");
    expect(await get(identity)).toMatchObject({ name: "i" });
    for (const path of [`${network}/subnets/t`, `${network}2`, `${identity}2`])
      expect((await azure.call("GET", path)).body.error?.code).toBe("ResourceNotFound");
    expect(await get("/providers/Microsoft.ContainerInstance/locations/eastus/capabilities")).toMatchObject({
      value: [{ capabilities: { maxCpu: 31, maxMemoryInGB: 240 } }, {}],
    });
  });
});
