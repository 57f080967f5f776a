import { DescribeClustersCommand, ListServicesCommand, RunTaskCommand } from "@aws-sdk/client-ecs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { describe, expect, test } from "vitest";
import { launch, openWorld, type World } from "../testing.ts";

const look = (world: World) => world.ecs.send(new DescribeClustersCommand({ clusters: ["burstlet", "nobody"] }));

/** Asks the admin paths over HTTP. */
async function admin(world: World, method: string, path: string, body?: object) {
  const answer = await fetch(`${world.aws.url}/_burstlet/${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

describe("a request", () => {
  test("that is signed reaches its service", async () => {
    await using world = await openWorld();
    const { clusters, failures } = await look(world);
    expect(clusters?.map(({ clusterName, status }) => [clusterName, status])).toEqual([["burstlet", "ACTIVE"]]);
    expect(failures).toEqual([expect.objectContaining({ reason: "MISSING" })]);
  });

  test("without a signature is refused", async () => {
    await using world = await openWorld();
    const answer = await fetch(world.aws.url, { method: "POST", body: "{}" });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { __type: "MissingAuthenticationTokenException", message: "Missing Authentication Token" },
    ]);
  });

  test("for a service or an operation that is not there says so, loudly", async () => {
    await using world = await openWorld();
    const authorization = `AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}`;
    const answer = await fetch(world.aws.url, { method: "POST", headers: { authorization } });
    expect([answer.status, await answer.json()]).toEqual([
      501,
      expect.objectContaining({ message: expect.stringContaining("no service dynamodb") as string }),
    ]);
    const services = world.ecs.send(new ListServicesCommand({}));
    await expect(services).rejects.toThrow("does not simulate ecs:ListServices");
  });

  test.for([
    ["expired", "ExpiredTokenException", "ExpiredToken"],
    ["unknown", "UnrecognizedClientException", "InvalidClientTokenId"],
    ["denied", "AccessDeniedException", "AccessDenied"],
  ] as const)("with %s credentials is refused until they are good again", async ([credentials, json, xml]) => {
    await using world = await openWorld({ switches: { credentials } });
    const sts = new STSClient(world.config);
    await expect(look(world)).rejects.toThrow(expect.objectContaining({ name: json }));
    const named = await sts.send(new GetCallerIdentityCommand({})).catch((error: Error) => error.name);
    expect([xml, `${xml}Exception`]).toContain(named);
    world.aws.scenario.change({ switches: { credentials: "valid" } });
    await expect(look(world)).resolves.toBeDefined();
  });
});

describe("a fault", () => {
  test("answers with its error, as often as it says, after those that it lets pass", async () => {
    const error = { type: "ServerException", message: "out of order", status: 500 };
    await using world = await openWorld({ faults: [{ call: "ecs:DescribeClusters", skip: 1, times: 1, error }] });
    await look(world);
    await expect(look(world)).rejects.toThrow(
      expect.objectContaining({ name: "ServerException", message: "out of order" }),
    );
    await look(world);
    expect(world.aws.calls.all["ecs:DescribeClusters"]).toEqual({ ok: 2, ServerException: 1 });
  });

  test("breaks the connection before anything happened, or after it has", async () => {
    await using world = await openWorld();
    await world.run();
    const again = () =>
      world.ecs.send(new RunTaskCommand(launch({ taskDefinition: "bl-1" }))).then(
        () => "answered",
        () => "broken",
      );
    world.aws.faults.set({ name: "cut", call: "ecs:RunTask", cut: "before", times: 1 });
    expect([await again(), world.aws.ledger.entries.length]).toEqual(["broken", 1]);
    world.aws.faults.set({ name: "cut", call: "ecs:*", cut: "after" });
    expect([await again(), world.aws.ledger.entries.length]).toEqual(["broken", 2]);
    world.aws.faults.clear("cut");
    expect([await again(), world.aws.ledger.entries.length]).toEqual(["answered", 3]);
  });
});

describe("over /_burstlet/", () => {
  test("faults are set and cleared at run time", async () => {
    await using world = await openWorld();
    const fault = { name: "down", call: "*", error: { type: "ServerException", message: "down", status: 503 } };
    expect((await admin(world, "POST", "faults", fault)).body).toEqual([
      expect.objectContaining({ name: "down", call: "*" }),
    ]);
    await expect(look(world)).rejects.toThrow("down");
    expect((await admin(world, "DELETE", "faults/down")).body).toEqual([]);
    await look(world);
    expect((await admin(world, "POST", "faults", { call: "ecs" })).body.error).toContain("service:Operation");
  });

  test("the clock is told, set to another rate, and moved", async () => {
    await using world = await openWorld();
    const before = (await admin(world, "GET", "clock")).body;
    const after = (await admin(world, "POST", "clock", { rate: 7, advance: 7200 })).body;
    expect(after.rate).toBe(7);
    expect((after.now as number) - (before.now as number)).toBeGreaterThanOrEqual(7_200_000);
    expect((await admin(world, "POST", "clock", { rate: -1 })).status).toBe(400);
  });

  test("the ledger, the calls and the counts of tasks are told", async () => {
    await using world = await openWorld();
    const arn = await world.run({}, { startedBy: "bl/1", clientToken: "t" });
    await world.reaches(arn, "RUNNING");
    expect((await admin(world, "GET", "ledger")).body).toEqual([
      expect.objectContaining({
        event: "launch",
        outcome: "launched",
        startedBy: "bl/1",
        clientToken: "t",
        at: expect.any(Number) as number,
      }),
    ]);
    expect((await admin(world, "GET", "calls")).body).toMatchObject({ "ecs:RunTask": { ok: 1 } });
    expect((await admin(world, "GET", "tasks")).body).toEqual({ RUNNING: 1 });
  });

  test("the scenario changes where it is told to, and not where that is wrong", async () => {
    await using world = await openWorld();
    const changed = await admin(world, "PATCH", "scenario", { quotas: { "L-3032A538": 100 }, times: { pull: 3 } });
    expect(changed.body).toMatchObject({ quotas: { "L-3032A538": 100 }, times: { pull: 3, provisioning: 0 } });
    const wrong = await admin(world, "PATCH", "scenario", { times: { pull: -3 } });
    expect([wrong.status, wrong.body.error]).toEqual([400, expect.stringContaining("times.pull")]);
    expect(world.aws.scenario.now.times.pull).toBe(3);
  });

  test("tasks are retired, lost, said to be ill, and write lines", async () => {
    await using world = await openWorld();
    const arn = await world.run();
    await world.reaches(arn, "RUNNING");
    const id = arn.split("/").at(-1) ?? "";
    await admin(world, "POST", `health/${id}`, { container: "app", health: "UNHEALTHY" });
    expect((await world.look(arn))?.healthStatus).toBe("UNKNOWN");
    expect((await world.look(arn))?.containers?.[0]?.healthStatus).toBe("UNHEALTHY");
    expect((await admin(world, "POST", `print/${id}`, { container: "app", lines: ["x"] })).body.error).toContain(
      "has no log",
    );
    expect((await admin(world, "POST", `retire/${arn}`)).body).toEqual({ retired: true });
    await world.reaches(arn, "STOPPED");
    expect((await admin(world, "POST", "lose/nobody")).status).toBe(404);
  });

  test("what is not there is said with what is", async () => {
    await using world = await openWorld();
    const { status, body } = await admin(world, "GET", "nothing");
    expect([status, body.paths]).toEqual([404, expect.arrayContaining(["GET ledger", "POST clock"])]);
  });
});
