import { GetFunctionEventInvokeConfigCommand, InvokeCommand } from "@aws-sdk/client-lambda";
import { describe, expect, test } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { attempt, openLambdaWorld } from "./testing.ts";

describe("an event", () => {
  const event = { InvocationType: "Event" } as const;
  const settled = (world: Awaited<ReturnType<typeof openLambdaWorld>>, runs: number) =>
    eventually(`${runs} runs`, () => world.entries("finished").length === runs);

  test("is accepted at once, and run under the id that the caller knows", async () => {
    await using world = await openLambdaWorld();
    const answer = await world.invoke(attempt("i"), event);
    expect(answer.StatusCode).toBe(202);
    expect(answer.Payload?.length ?? 0).toBe(0);
    await settled(world, 1);
    expect(world.entries("run")).toEqual([
      expect.objectContaining({ requestId: answer.$metadata.requestId, invocationId: "i", delivery: 1 }),
    ]);
  });

  test("that fails is run twice more, with the same id or, where the switch says so, another one", async () => {
    await using world = await openLambdaWorld({ f: { script: { end: "error" } } }, { times: { again: 60 } });
    for (const ids of ["same", "new"] as const) {
      world.aws.scenario.change({ switches: { eventRequestIds: ids } });
      const before = world.entries("finished").length;
      await world.invoke(attempt(ids), event);
      for (const nth of [1, 2, 3]) {
        await settled(world, before + nth);
        await eventually("it waits", () => {
          world.aws.clock.advance(30_000);
          return nth === 3 || world.entries("finished").length > before + nth;
        });
      }
      const runs = world.entries("run").filter(({ invocationId }) => invocationId === ids);
      expect(runs.map(({ delivery }) => delivery)).toEqual([1, 2, 3]);
      expect(new Set(runs.map(({ requestId }) => requestId)).size).toBe(ids === "same" ? 1 : 3);
    }
  });

  test("has a configuration where it is not treated as by default", async () => {
    await using world = await openLambdaWorld({ f: {}, once: { retries: 0, maxEventAge: 60 } });
    const configOf = async (FunctionName: string) =>
      world.lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName }));
    expect(await configOf("once")).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
    await expect(configOf("f")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  test("of a function that writes as our handlers do has lines that name its pod, and how it ended", async () => {
    await using world = await openLambdaWorld({ f: { script: { marks: true } } });
    const burstlet = { namespace: "ns", name: "p", podUid: "u", attempt: 1, invocationId: "i" };
    const status = { env: [{ name: "SCRIPT_STATUS", value: "7" }] };
    for (const more of [{}, status, { env: [{ name: "SCRIPT_ERROR", value: "words" }] }]) {
      await world.invoke({ burstlet, ...more });
    }
    await eventually("all lines are there", async () => (await world.log("f", "REPORT")).length === 3);
    const [, entry] = world.entries("run");
    const told = (await world.log("f", "burstlet")).map((line) => line.replace(/request [\w-]+/, "request R"));
    const whose = "pod ns/p (uid u, attempt 1), invocation i, request R";
    expect(told).toEqual(
      ["exit status 0", "exit status 7", "Error: words"].flatMap((end) => [
        `burstlet: ${whose}`,
        `burstlet: end of ${whose}: ${end}`,
      ]),
    );
    expect(await world.log("f", `?"request ${entry?.requestId}" ?unheard`)).toHaveLength(2);
    await expect(world.log("f", `?"request ${entry?.requestId}" burstlet`)).rejects.toThrow("filter pattern");
  });

  test("waits where there is no room, and is run once there is", async () => {
    await using world = await openLambdaWorld({ f: { reservedConcurrency: 1, script: { run: 60 }, timeout: 90 } });
    for (const id of ["a", "b"]) await world.invoke(attempt(id), event);
    await eventually("one runs", () => world.entries("run").length === 1);
    await eventually("both have run", () => {
      world.aws.clock.advance(30_000);
      return world.entries("finished").length === 2;
    });
    expect(world.entries("run").map(({ invocationId }) => invocationId)).toEqual(["a", "b"]);
  });

  test("may come twice, or never", async () => {
    await using world = await openLambdaWorld({ f: {} }, { switches: { eventDelivery: "twice" }, times: { again: 0 } });
    await world.invoke(attempt("twice"), event);
    await settled(world, 2);
    world.aws.scenario.change({ switches: { eventDelivery: "never" } });
    expect((await world.invoke(attempt("never"), event)).StatusCode).toBe(202);
    expect(world.entries("run").map(({ invocationId }) => invocationId)).toEqual(["twice", "twice"]);
  });
});

describe("a fault", () => {
  test("cuts the connection before the function has run, or after", async () => {
    await using world = await openLambdaWorld();
    for (const [cut, runs] of [
      ["before", 0],
      ["after", 1],
    ] as const) {
      world.aws.faults.set({ name: "cut", call: "lambda:Invoke", cut });
      await expect(world.invoke()).rejects.toThrow();
      expect(world.entries("finished")).toHaveLength(runs);
    }
  });

  test("throttles with a reason and a time, or is an error of the service", async () => {
    await using world = await openLambdaWorld();
    const more = { retryAfter: 3, members: { Reason: "CallerRateLimitExceeded" } };
    world.aws.faults.set({
      call: "lambda:Invoke",
      times: 1,
      error: { type: "TooManyRequestsException", message: "Rate exceeded", status: 429, ...more },
    });
    await expect(world.invoke()).rejects.toMatchObject({
      name: "TooManyRequestsException",
      Reason: "CallerRateLimitExceeded",
      retryAfterSeconds: "3",
    });
    world.aws.faults.set({
      call: "lambda:Invoke",
      times: 1,
      error: { type: "ServiceException", message: "out of order", status: 500 },
    });
    await expect(world.invoke()).rejects.toMatchObject({
      name: "ServiceException",
      $metadata: { httpStatusCode: 500 },
    });
    expect(world.entries("run")).toEqual([]);
  });

  test("lets an answer never arrive: always, or after more silence than a gateway bears", async () => {
    await using world = await openLambdaWorld(
      { f: { script: { run: 400 }, timeout: 900 } },
      { switches: { idleConnections: "forgotten" } },
    );
    const gone = new AbortController();
    const held = world.lambda.send(new InvokeCommand({ FunctionName: "f" }), { abortSignal: gone.signal });
    await eventually("it runs", () => world.entries("run").length === 1);
    world.aws.clock.advance(1_000);
    await eventually("it has run", () => {
      world.aws.clock.advance(100_000);
      return world.entries("finished").length === 1;
    });
    // An answer would have come before that of a later call.
    world.aws.scenario.change({ functions: { f: { script: { run: 0 } } } });
    const first = await Promise.race([held.then(() => "answered"), world.invoke().then(() => "later")]);
    expect(first).toBe("later");
    gone.abort();
    await expect(held).rejects.toThrow();
    world.aws.faults.set({ call: "lambda:Invoke", cut: "silent", times: 1 });
    const silent = world.invoke().then(() => "answered");
    await eventually("it has run, too", () => world.entries("finished").length === 3);
    expect(await Promise.race([silent, world.invoke().then(() => "later")])).toBe("later");
  });
});
