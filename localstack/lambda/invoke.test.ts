import { InvokeCommand } from "@aws-sdk/client-lambda";
import { describe, expect, test } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { attempt, openLambdaWorld, tailOf, told } from "./testing.ts";

describe("an invocation that is held", () => {
  test("answers what the function returns, with its version and the end of its log", async () => {
    await using world = await openLambdaWorld({
      f: { script: { result: { a: 1 }, print: ["hello"] }, versions: { "3": {} }, aliases: { live: "3" } },
    });
    const answer = await world.invoke({}, { Qualifier: "live" });
    expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: "3" });
    expect(answer.FunctionError).toBeUndefined();
    expect(told(answer)).toEqual({ a: 1 });
    const id = answer.$metadata.requestId;
    expect(tailOf(answer).split("\n")).toEqual([
      `START RequestId: ${id} Version: 3`,
      "hello",
      `END RequestId: ${id}`,
      expect.stringMatching(
        /^REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\tInit Duration: [\d.]+ ms\t$/,
      ) as string,
      "",
    ]);
    expect(await world.log()).toEqual(tailOf(answer).split("\n").slice(0, -1));
    expect(await world.log("f", `"${id}"`)).toHaveLength(3);
  });

  test("is cold once, and warm while its environment waits", async () => {
    await using world = await openLambdaWorld({ f: { script: { init: 0 } } }, { times: { idle: 36_000 } });
    for (const _ of [1, 2]) await world.invoke();
    world.aws.clock.advance(36_001_000);
    await world.invoke();
    expect(world.entries("run").map(({ cold }) => cold)).toEqual([true, false, true]);
    const environments = new Set(world.entries("run").map(({ environment }) => environment));
    expect(environments.size).toBe(2);
  });

  test.for([
    ["error", { SCRIPT_ERROR: "no such size" }, "error", { errorType: "Error", errorMessage: "no such size" }],
    [
      "exit",
      { SCRIPT_EXIT: "7" },
      "exited",
      {
        errorType: "Runtime.ExitError",
        errorMessage: expect.stringMatching(
          /^RequestId: \S+ Error: Runtime exited with error: exit status 7$/,
        ) as string,
      },
    ],
    [
      "oom",
      { SCRIPT_END: "oom" },
      "exited",
      {
        errorType: "Runtime.ExitError",
        errorMessage: expect.stringMatching(/Runtime exited with error: signal: killed$/) as string,
      },
    ],
    [
      "timeout",
      { SCRIPT_RUN: "forever" },
      "timeout",
      {
        errorType: "Sandbox.Timedout",
        errorMessage: expect.stringMatching(/Task timed out after 3.00 seconds$/) as string,
      },
    ],
  ] as const)("that fails says so: %s", async ([, env, outcome, error]) => {
    await using world = await openLambdaWorld({ f: {} }, { rate: 3 });
    const answer = await world.invoke(attempt("i", env));
    expect(answer.FunctionError).toBe("Unhandled");
    expect(told(answer)).toEqual(error);
    expect(world.entries("finished")).toEqual([expect.objectContaining({ outcome, invocationId: "i" })]);
  });

  test("has the other answers of the switches", async () => {
    await using world = await openLambdaWorld(
      { f: {} },
      { rate: 3, switches: { timeoutAnswer: "bare", memoryAnswer: "Runtime.OutOfMemory" } },
    );
    const late = await world.invoke(attempt("i", { SCRIPT_RUN: "forever" }));
    expect(late.Payload?.transformToString()).toBe("Task timed out after 3.00 seconds");
    expect(told(await world.invoke(attempt("i", { SCRIPT_END: "oom" })))).toMatchObject({
      errorType: "Runtime.OutOfMemory",
    });
    world.aws.scenario.change({ switches: { timeoutAnswer: "untyped" } });
    expect(told(await world.invoke(attempt("i", { SCRIPT_RUN: "forever" })))).toEqual({
      errorMessage: expect.stringMatching(/Z \S+ Task timed out after 3.00 seconds$/) as string,
    });
  });

  test("runs on when its caller has gone", async () => {
    await using world = await openLambdaWorld({ f: { script: { run: 60 }, timeout: 90 } });
    const gone = new AbortController();
    const held = world.lambda.send(new InvokeCommand({ FunctionName: "f" }), { abortSignal: gone.signal });
    await eventually("it runs", () => world.entries("run").length === 1);
    gone.abort();
    await expect(held).rejects.toThrow();
    await eventually("it has run", () => {
      world.aws.clock.advance(30_000);
      return world.entries("finished").length === 1;
    });
  });

  test("of a weighted alias goes to its versions by their shares", async () => {
    await using world = await openLambdaWorld({
      f: {
        script: { run: 0, init: 0 },
        versions: { "1": {}, "2": {} },
        aliases: { live: { version: "1", weights: { "2": 0.25 } } },
      },
    });
    for (let nth = 0; nth < 20; nth++) await world.invoke({}, { Qualifier: "live" });
    const second = world.entries("run").filter(({ version }) => version === "2");
    expect(second.length).toBeGreaterThanOrEqual(4);
    expect(second.length).toBeLessThanOrEqual(6);
  });
});

describe("an invocation is refused", () => {
  test.for([
    ["of an unknown function", "g", undefined, "{}", "ResourceNotFoundException", 404],
    ["of an unknown version", "f", "9", "{}", "ResourceNotFoundException", 404],
    ["with two qualifiers", "f:1", "2", "{}", "InvalidParameterValueException", 400],
    ["with a payload that is no JSON", "f", undefined, "{", "InvalidRequestContentException", 400],
    ["with too much", "f", undefined, JSON.stringify("x".repeat(6_291_456)), "RequestTooLargeException", 413],
  ] as const)("%s", async ([, FunctionName, Qualifier, payload, name, status]) => {
    await using world = await openLambdaWorld();
    const asked = world.invoke(payload, { FunctionName, Qualifier });
    await expect(asked).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
    expect(world.entries("run")).toEqual([]);
  });

  test("as an event already with more than 1 MB", async () => {
    await using world = await openLambdaWorld();
    const asked = world.invoke(JSON.stringify("x".repeat(1_048_576)), { InvocationType: "Event" });
    await expect(asked).rejects.toMatchObject({ name: "RequestTooLargeException" });
  });

  test("while its function is not active; an inactive one wakes up by it", async () => {
    await using world = await openLambdaWorld(
      { f: { state: "Inactive" }, g: { state: "Failed" } },
      { times: { waking: 30 } },
    );
    await expect(world.invoke()).rejects.toMatchObject({ name: "ResourceConflictException" });
    await expect(world.invoke()).rejects.toThrow("in the following state: Pending");
    world.aws.clock.advance(31_000);
    expect((await world.invoke()).StatusCode).toBe(200);
    await expect(world.invoke({}, { FunctionName: "g" })).rejects.toThrow("in the following state: Failed");
  });

  test("beyond the concurrency that is its function's own, or the account's", async () => {
    await using world = await openLambdaWorld(
      { f: { reservedConcurrency: 1, script: { run: "forever" } }, g: { script: { run: "forever" } } },
      { quotas: { "L-B99A9384": 2 }, switches: { throttleRetryAfter: 7 } },
    );
    const held = ["f", "g"].map(async (FunctionName) => world.invoke({}, { FunctionName }).catch(() => undefined));
    await eventually("both run", () => world.entries("run").length === 2);
    const refused = async (FunctionName: string) => world.invoke({}, { FunctionName }).catch((error: unknown) => error);
    expect(await refused("f")).toMatchObject({
      name: "TooManyRequestsException",
      Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
      retryAfterSeconds: "7",
      $metadata: { httpStatusCode: 429 },
    });
    expect(await refused("g")).toMatchObject({ Reason: "ConcurrentInvocationLimitExceeded" });
    await eventually("both have timed out", () => {
      world.aws.clock.advance(1_000);
      return world.entries("finished").length === 2;
    });
    await Promise.all(held);
    expect(world.entries("invoke").map(({ outcome }) => outcome)).toEqual([
      "accepted",
      "accepted",
      "throttled",
      "throttled",
    ]);
  });

  test("beyond a thousand new environments at once", async () => {
    await using world = await openLambdaWorld(
      { f: { script: { run: 60, init: 0 }, timeout: 900 } },
      // Its time stands still, or the bucket would be filled again meanwhile.
      { quotas: { "L-B99A9384": 5_000 }, rate: 1e-6 },
    );
    const { account } = world.aws.lambda;
    const found = account.functions.find("f", undefined);
    const order = {
      requestId: "r",
      payload: "{}",
      functionArn: found.arn,
      clientContext: undefined,
      invocationId: undefined,
      delivery: 1,
      durableExecutionArn: undefined,
    };
    const runs = Array.from({ length: 1_000 }, async () => account.fleet.run(found.version, order));
    await expect(account.fleet.run(found.version, order)).rejects.toMatchObject({
      members: { Reason: "FunctionInvocationRateLimitExceeded" },
    });
    await eventually("all have run", () => {
      world.aws.clock.advance(30_000);
      return world.entries("finished").length === 1_000;
    });
    await Promise.all(runs);
    expect(account.fleet.counts()).toEqual({ f: { waiting: 1_000, busy: 0 } });
  });
});
