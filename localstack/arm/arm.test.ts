import { describe, expect, test } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { containerBody, groupBody, groupsPath, openAzure, stateOf, viewOf } from "./testing.ts";

describe("a container group", () => {
  test("is made, told, listed without its states, and removed, in the shapes that recordings have", async () => {
    await using azure = await openAzure();
    const made = await azure.group("PUT", "bl-1", groupBody({}, { tags: { a: "b" } }));
    expect([made.status, made.headers.get("location")]).toEqual([201, null]);
    expect(made.headers.get("azure-asyncoperation")).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/subscriptions\/[0-9a-f-]+\/providers\/Microsoft\.ContainerInstance\/locations\/westeurope\/operations\/[0-9a-f-]{36}\?api-version=2018-06-01$/,
    );
    const left = (name: string) => made.headers.get(`x-ms-ratelimit-remaining-subscription-${name}`);
    expect([left("resource-requests-pt5m"), left("resource-requests-pt1h"), left("writes")]).toEqual([
      "99",
      "299",
      "199",
    ]);
    const group = await azure.until("bl-1", (one) => stateOf(one) === "Running");
    expect(group.properties?.provisioningState).toBe("Succeeded");
    expect(viewOf(group)).toEqual({
      restartCount: 0,
      currentState: { state: "Running", startTime: expect.stringMatching(/Z$/) as string, detailStatus: "" },
      events: ["Pulling", "Pulled", "Started"].map((name) => expect.objectContaining({ name, count: 1 }) as object),
    });
    const { body } = await azure.call("GET", groupsPath);
    expect(body.value?.map(({ name, tags, properties }) => [name, tags, properties?.instanceView])).toEqual([
      ["bl-1", { a: "b" }, undefined],
    ]);
    expect((await azure.group("DELETE", "bl-1")).status).toBe(200);
    expect((await azure.group("GET", "bl-1")).body.error).toMatchObject({ code: "ResourceNotFound" });
    expect((await azure.group("DELETE", "bl-1")).status).toBe(204);
    await eventually("it is gone", () => azure.cloud.ledger.entries.some(({ event }) => event === "group gone"));
    const told = azure.cloud.ledger.entries.flatMap((one) =>
      one.event === "group delete" ? [`${one.event} ${one.outcome}`] : [one.event],
    );
    expect(told.filter((event) => event !== "group delete absent")).toEqual([
      "group put",
      "group run",
      "group delete deleting",
      "container ended",
      "group gone",
    ]);
  });

  test("is found in whatever case, and by what a test does to it over HTTP", async () => {
    await using azure = await openAzure();
    await azure.group("PUT", "bl-1", groupBody());
    const found = await azure.call("GET", `${groupsPath.toUpperCase()}/BL-1`);
    expect(found.body.name).toBe("bl-1");
    await azure.until("bl-1", (one) => stateOf(one) === "Running");
    const admin = async (method: string, path: string) => {
      const answer = await fetch(`${azure.cloud.url}/_burstlet/${path}`, { method });
      return [answer.status, await answer.json()];
    };
    expect(await admin("GET", "groups")).toEqual([200, { Running: 1 }]);
    expect(await admin("POST", "restart/bl-1")).toEqual([200, {}]);
    const group = await azure.until("bl-1", (one) => viewOf(one)?.restartCount === 1);
    expect(viewOf(group)?.previousState?.exitCode).toBe(7147);
    expect(await admin("POST", "evict/bl-2")).toEqual([404, { error: "there is no container group bl-2" }]);
  });

  test("under Never has Succeeded or Failed as its containers have ended", async () => {
    await using azure = await openAzure();
    const ends = (EXIT: string) =>
      groupBody({ restartPolicy: "Never", containers: [containerBody({ script: { RUN: "0", EXIT } })] });
    await azure.group("PUT", "good", ends("0"));
    await azure.group("PUT", "bad", ends("2"));
    const bad = await azure.until("bad", (one) => stateOf(one) === "Failed");
    expect(stateOf(await azure.until("good", (one) => stateOf(one) !== "Running"))).toBe("Succeeded");
    expect([bad.properties?.provisioningState, viewOf(bad)?.events]).toEqual(["Succeeded", undefined]);
    expect(viewOf(bad)?.currentState).toMatchObject({ state: "Terminated", exitCode: 2, detailStatus: "Error" });
  });

  test("under Always has its container run again in place, with what was before", async () => {
    await using azure = await openAzure({ azure: { times: { crash: 0.01 } } });
    await azure.group(
      "PUT",
      "bl-1",
      groupBody({ containers: [containerBody({ script: { RUN: "0.01", EXIT: "3" } })] }),
    );
    const group = await azure.until("bl-1", (one) => (viewOf(one)?.restartCount ?? 0) >= 2);
    expect(viewOf(group)?.previousState).toMatchObject({ state: "Terminated", exitCode: 3 });
    expect(stateOf(group)).toBe("Running");
  });
});
