import {
  CheckpointDurableExecutionCommand,
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  GetDurableExecutionStateCommand,
  ListDurableExecutionsByFunctionCommand,
  StopDurableExecutionCommand,
} from "@aws-sdk/client-lambda";
import { describe, expect, test } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { dueAt, elapsed, updated } from "./durable/operations.ts";
import { verdictOf } from "./durable/verdict.ts";
import { openLambdaWorld, told } from "./testing.ts";

const durable = { durable: { executionTimeout: 600, retentionDays: 1 }, versions: { "1": {} } };
const start = (name: string) =>
  ({ InvocationType: "Event", Qualifier: "1", DurableExecutionName: name, LogType: "None" }) as const;

describe("a durable execution", () => {
  test("is started once for a name and payload, however often it is asked for", async () => {
    await using world = await openLambdaWorld({ f: { ...durable, script: { result: { ok: true } } } });
    const first = await world.invoke({ a: 1 }, start("pod-1"));
    expect(first).toMatchObject({ StatusCode: 202 });
    expect(first.DurableExecutionArn).toMatch(
      /^arn:aws:lambda:us-east-1:123456789012:function:f:1\/durable-execution\/pod-1\/[0-9a-f]{32}$/,
    );
    expect((await world.invoke({ a: 1 }, start("pod-1"))).DurableExecutionArn).toBe(first.DurableExecutionArn);
    await expect(world.invoke({ a: 2 }, start("pod-1"))).rejects.toMatchObject({
      name: "DurableExecutionAlreadyStartedException",
      $metadata: { httpStatusCode: 409 },
    });
    const ended = await world.reaches(first.DurableExecutionArn, "SUCCEEDED");
    expect(ended).toMatchObject({ Result: '{"ok":true}', InputPayload: '{"a":1}', Version: "1" });
    expect(ended.EndTimestamp?.getTime()).toBeGreaterThanOrEqual(ended.StartTimestamp?.getTime() ?? Infinity);
    expect((await world.invoke({ a: 1 }, start("pod-1"))).DurableExecutionArn).toBe(first.DurableExecutionArn);
    expect(world.entries("run")).toHaveLength(1);
    expect(world.entries("invoke").map(({ outcome }) => outcome)).toEqual([
      "accepted",
      "repeated",
      "conflict",
      "repeated",
    ]);
  });

  test("fails as its function says, or as its process ends", async () => {
    await using world = await openLambdaWorld({ f: durable });
    const variable = (name: string, value: string) => ({ env: [{ name, value }] });
    const thrown = await world.invoke(variable("SCRIPT_ERROR", "no"), start("a"));
    expect(await world.reaches(thrown.DurableExecutionArn, "FAILED")).toMatchObject({ Error: { ErrorMessage: "no" } });
    const ended = await world.invoke(variable("SCRIPT_EXIT", "3"), start("b"));
    const { Error } = await world.reaches(ended.DurableExecutionArn, "FAILED");
    expect(Error?.ErrorType).toBe("Runtime.ExitError");
    expect(Error?.ErrorMessage).toMatch(/exit status 3$/);
  });

  test("goes on after a broken invocation, where the switch says so", async () => {
    await using world = await openLambdaWorld({ f: durable }, { switches: { durableFailure: "again" } });
    await world.invoke({ env: [{ name: "SCRIPT_EXIT", value: "3" }] }, start("a"));
    await eventually("it runs again", () => {
      world.aws.clock.advance(1_000);
      return world.entries("run").length === 3;
    });
    expect(world.entries("run").map(({ delivery }) => delivery)).toEqual([1, 2, 3]);
  });

  test("is stopped; what runs then runs on or is cut, as the switch says", async () => {
    await using world = await openLambdaWorld({ f: { ...durable, timeout: 60, script: { run: 30 } } });
    for (const [durableStop, outcome] of [
      ["runs on", "returned"],
      ["is cut", "cut"],
    ] as const) {
      world.aws.scenario.change({ switches: { durableStop } });
      const before = world.entries("finished").length;
      const { DurableExecutionArn } = await world.invoke({}, start(outcome));
      await eventually("it runs", () => world.entries("run").length === before + 1);
      await world.lambda.send(
        new StopDurableExecutionCommand({ DurableExecutionArn, Error: { ErrorMessage: "deleted" } }),
      );
      expect(await world.reaches(DurableExecutionArn, "STOPPED")).toMatchObject({ Error: { ErrorMessage: "deleted" } });
      await eventually("it has ended", () => {
        if (outcome === "returned") world.aws.clock.advance(10_000);
        return world.entries("finished").length === before + 1;
      });
      expect(world.entries("finished").at(-1)?.outcome).toBe(outcome);
      expect((await world.reaches(DurableExecutionArn, "STOPPED")).Result).toBeUndefined();
    }
  });

  test("ends when its time is over, and is forgotten after its retention", async () => {
    await using world = await openLambdaWorld({
      f: { ...durable, durable: { executionTimeout: 10, retentionDays: 1 }, script: { run: "forever" }, timeout: 900 },
    });
    const { DurableExecutionArn } = await world.invoke({}, start("late"));
    world.aws.clock.advance(11_000);
    await world.reaches(DurableExecutionArn, "TIMED_OUT");
    world.aws.clock.advance(86_400_000);
    await expect(world.lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  test("is listed by function, version, name, status and time, page by page", async () => {
    await using world = await openLambdaWorld({ f: { ...durable, versions: { "1": {}, "2": {} } } });
    const arns = new Map<string, string | undefined>();
    for (const name of ["pod-a", "pod-b", "other"])
      arns.set(name, (await world.invoke({}, start(name))).DurableExecutionArn);
    await world.invoke({}, { ...start("second"), Qualifier: "2" });
    for (const arn of arns.values()) await world.reaches(arn, "SUCCEEDED");
    const list = async (change: object) => {
      const { DurableExecutions = [], NextMarker } = await world.lambda.send(
        new ListDurableExecutionsByFunctionCommand({ FunctionName: "f", Qualifier: "1", ...change }),
      );
      return { names: DurableExecutions.map(({ DurableExecutionName }) => DurableExecutionName), NextMarker };
    };
    expect((await list({})).names).toEqual(["pod-a", "pod-b", "other"]);
    expect((await list({ DurableExecutionName: "pod" })).names).toEqual(["pod-a", "pod-b"]);
    expect((await list({ Statuses: ["RUNNING", "FAILED"] })).names).toEqual([]);
    expect((await list({ StartedAfter: new Date(Date.now() + 60_000) })).names).toEqual([]);
    const page = await list({ MaxItems: 2, ReverseOrder: true });
    expect(page.names).toEqual(["other", "pod-b"]);
    expect((await list({ MaxItems: 2, ReverseOrder: true, Marker: page.NextMarker })).names).toEqual(["pod-a"]);
    const all = { Qualifier: undefined };
    expect((await list(all)).names).toEqual(["pod-a", "pod-b", "other", "second"]);
    world.aws.scenario.change({ switches: { durableLists: "$LATEST" } });
    expect((await list(all)).names).toEqual([]);
  });

  test("is refused without a version or alias, and a name of an ordinary function is, too", async () => {
    await using world = await openLambdaWorld({ f: durable, g: { versions: { "1": {} } } });
    await expect(world.invoke({}, { ...start("a"), Qualifier: undefined })).rejects.toThrow("unqualified");
    await expect(world.invoke({}, { ...start("a"), FunctionName: "g" })).rejects.toThrow("no durable function");
  });

  test("that is held is answered with its end, unless it may take longer than 15 minutes", async () => {
    await using world = await openLambdaWorld({
      f: { ...durable, script: { result: 7 } },
      g: { versions: { "1": {} }, durable: { executionTimeout: 901 } },
    });
    const answer = await world.invoke({}, { Qualifier: "1" });
    expect([told(answer), answer.DurableExecutionArn]).toEqual([7, expect.stringContaining("/durable-execution/")]);
    await expect(world.invoke({}, { Qualifier: "1", FunctionName: "g" })).rejects.toThrow("15 minutes");
  });

  test("tells by its history under which ids its function has run", async () => {
    await using world = await openLambdaWorld({ f: durable }, { switches: { durableArnOfEvents: false } });
    const answer = await world.invoke({}, start("a"));
    expect(answer.DurableExecutionArn).toBeUndefined();
    const { DurableExecutions = [] } = await world.lambda.send(
      new ListDurableExecutionsByFunctionCommand({ FunctionName: "f", Qualifier: "1", DurableExecutionName: "a" }),
    );
    const DurableExecutionArn = DurableExecutions[0]?.DurableExecutionArn;
    await world.reaches(DurableExecutionArn, "SUCCEEDED");
    const { Events = [] } = await world.lambda.send(new GetDurableExecutionHistoryCommand({ DurableExecutionArn }));
    expect(Events.map(({ EventType }) => EventType)).toEqual([
      "ExecutionStarted",
      "InvocationCompleted",
      "ExecutionSucceeded",
    ]);
    expect(Events[1]?.InvocationCompletedDetails?.RequestId).toBe(world.entries("run")[0]?.requestId);
  });

  test("takes checkpoints of its function, each with the token of the one before", async () => {
    await using world = await openLambdaWorld({ f: { ...durable, script: { run: "forever" }, timeout: 900 } });
    const { DurableExecutionArn } = await world.invoke({}, start("a"));
    const execution = world.aws.lambda.account.executions.find(DurableExecutionArn ?? "");
    const CheckpointToken = execution.token;
    const Updates = [{ Id: "s", Type: "STEP", Action: "START", Name: "first" }] as const;
    const send = async (token: string) =>
      world.lambda.send(
        new CheckpointDurableExecutionCommand({ DurableExecutionArn, CheckpointToken: token, Updates: [...Updates] }),
      );
    const answer = await send(CheckpointToken);
    expect(answer.NewExecutionState?.Operations).toEqual([expect.objectContaining({ Id: "s", Status: "STARTED" })]);
    await expect(send(CheckpointToken)).rejects.toThrow("Invalid checkpoint token");
    const state = await world.lambda.send(
      new GetDurableExecutionStateCommand({ DurableExecutionArn, CheckpointToken: answer.CheckpointToken }),
    );
    expect(state.Operations).toHaveLength(1);
  });
});

describe("operations of a durable execution", () => {
  const now = 1_000_000;

  test("that wait fall due, and then are over", () => {
    const wait = updated(undefined, { Id: "w", Type: "WAIT", Action: "START", WaitOptions: { WaitSeconds: 5 } }, now);
    expect(dueAt([wait])).toBe(now + 5_000);
    expect(elapsed(wait, now + 4_999)).toBe(wait);
    expect(elapsed(wait, now + 5_000)).toMatchObject({ Status: "SUCCEEDED", EndTimestamp: (now + 5_000) / 1000 });
  });

  test("that are to be tried again are ready when their pause is over", () => {
    const begun = updated(undefined, { Id: "s", Type: "STEP", Action: "START" }, now);
    const again = updated(
      begun,
      {
        Id: "s",
        Type: "STEP",
        Action: "RETRY",
        StepOptions: { NextAttemptDelaySeconds: 2 },
        Error: { ErrorType: "E" },
      },
      now,
    );
    expect(again).toMatchObject({ Status: "PENDING", StepDetails: { Attempt: 1, Error: { ErrorType: "E" } } });
    expect(elapsed(again, now + 2_000).Status).toBe("READY");
    const second = updated(elapsed(again, now + 2_000), { Id: "s", Type: "STEP", Action: "START" }, now);
    expect(second.StepDetails?.Attempt).toBe(2);
    expect(updated(second, { Id: "s", Type: "STEP", Action: "SUCCEED", Payload: "1" }, now)).toMatchObject({
      Status: "SUCCEEDED",
      StepDetails: { Result: "1" },
    });
    expect(dueAt([second])).toBeUndefined();
  });

  test("of kinds that are not simulated are refused", () => {
    expect(() => updated(undefined, { Id: "c", Type: "CALLBACK", Action: "START" }, now)).toThrow("CALLBACK");
  });
});

test.for([
  ['{"Status":"SUCCEEDED","Result":"1"}', undefined, { status: "SUCCEEDED", result: "1" }],
  ['{"Status":"SUCCEEDED"}', undefined, { status: "SUCCEEDED", result: undefined }],
  ['{"Status":"FAILED","Error":{"ErrorType":"E"}}', undefined, { status: "FAILED", error: { ErrorType: "E" } }],
  ['{"Status":"PENDING"}', undefined, { status: "PENDING" }],
  ["null", undefined, { status: "FAILED", error: { ErrorType: "InvalidParameterValueException" } }],
  [
    '{"errorType":"E","errorMessage":"m"}',
    "Unhandled",
    { status: "BROKEN", error: { ErrorType: "E", ErrorMessage: "m" } },
  ],
  ["Task timed out", "Unhandled", { status: "BROKEN", error: { ErrorMessage: "Task timed out" } }],
] as const)(
  "an invocation of a durable function that answers %s has come to something",
  ([payload, functionError, verdict]) => {
    expect(verdictOf({ payload, functionError })).toMatchObject(verdict);
  },
);
