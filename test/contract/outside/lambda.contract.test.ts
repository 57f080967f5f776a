/** Lambda of the stand-in, asked by botocore. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { openLambdaWorld, type LambdaWorld } from "../../../localstack/lambda/testing.ts";
import type { ScenarioInput } from "../../../localstack/scenario/schema.ts";
import { eventually } from "../../support/eventually.ts";
import { describeWith } from "../../support/requirements.ts";
import { type Boto, type Heard, startBoto } from "./boto.ts";

const versions = { versions: { "1": {} }, aliases: { live: "1" } };
const functions: ScenarioInput["functions"] = {
  f: { ...versions, reservedConcurrency: 10, script: { result: { a: 1 }, print: ["hello"] } },
  thrown: { script: { end: "error", errorType: "E", errorMessage: "m" } },
  durable: { ...versions, durable: {} },
  once: { retries: 0 },
  busy: { reservedConcurrency: 0 },
  asleep: { state: "Inactive" },
};

describeWith(["outside"], "botocore's client", () => {
  let world: LambdaWorld;
  let boto: Boto;
  beforeAll(async () => {
    world = await openLambdaWorld(functions);
    boto = startBoto(world.aws.url);
  });
  afterAll(async () => {
    await boto?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  /** The answer, which has nothing that the model does not know. */
  const answered = async (operation: string, params: object) => {
    const heard = await boto.call(operation, params);
    expect(heard).toMatchObject({ problems: [], answer: {} });
    return (heard as Extract<Heard, { answer: object }>).answer;
  };

  it("understands what functions are told to be", async () => {
    const FunctionName = "f";
    expect(await answered("GetFunction", { FunctionName, Qualifier: "live" })).toMatchObject({
      Configuration: {
        Version: "1",
        State: "Active",
        MemorySize: 128,
        FunctionArn: expect.stringMatching(/:f:live$/) as string,
      },
      Concurrency: { ReservedConcurrentExecutions: 10 },
    });
    expect(await answered("GetFunctionConfiguration", { FunctionName: "durable" })).toMatchObject({
      DurableConfig: { ExecutionTimeout: 86_400, RetentionPeriodInDays: 14 },
    });
    expect(await answered("GetFunctionConcurrency", { FunctionName })).toEqual({ ReservedConcurrentExecutions: 10 });
    expect(await answered("GetFunctionEventInvokeConfig", { FunctionName: "once" })).toMatchObject({
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 21_600,
    });
    expect(await answered("GetAccountSettings", {})).toMatchObject({
      AccountLimit: { UnreservedConcurrentExecutions: 990 },
    });
  });

  it("understands what invocations come to", async () => {
    expect(await answered("Invoke", { FunctionName: "f:live", LogType: "Tail", Payload: "{}" })).toMatchObject({
      StatusCode: 200,
      ExecutedVersion: "1",
      Payload: '{"a":1}',
      LogResult: expect.stringMatching(/^[\w+/]+=*$/) as string,
    });
    expect(await answered("Invoke", { FunctionName: "thrown", Payload: "{}" })).toMatchObject({
      FunctionError: "Unhandled",
      Payload: '{"errorType":"E","errorMessage":"m"}',
    });
    const event = await answered("Invoke", { FunctionName: "f", InvocationType: "Event", Payload: "{}" });
    expect(event).toMatchObject({ StatusCode: 202, Payload: "" });
    expect(await answered("Invoke", { FunctionName: "f", InvocationType: "DryRun" })).toMatchObject({
      StatusCode: 204,
    });
  });

  it("understands what durable executions come to", async () => {
    const start = { FunctionName: "durable", Qualifier: "1", InvocationType: "Event", Payload: '{"a":1}' };
    const { DurableExecutionArn } = await answered("Invoke", { ...start, DurableExecutionName: "one" });
    const one = { DurableExecutionArn };
    await eventually(
      "it has ended",
      async () => (await answered("GetDurableExecution", one))["Status"] === "SUCCEEDED",
    );
    expect(await answered("GetDurableExecution", one)).toMatchObject({
      InputPayload: '{"a":1}',
      Result: "null",
      Version: "1",
    });
    expect(await answered("GetDurableExecutionHistory", one)).toMatchObject({
      Events: [
        { EventType: "ExecutionStarted" },
        { EventType: "InvocationCompleted" },
        { EventType: "ExecutionSucceeded" },
      ],
    });
    expect(
      await answered("ListDurableExecutionsByFunction", {
        FunctionName: "durable",
        Qualifier: "1",
        Statuses: ["SUCCEEDED"],
      }),
    ).toMatchObject({ DurableExecutions: [{ DurableExecutionName: "one", Status: "SUCCEEDED" }] });
    const forever = { env: [{ name: "SCRIPT_RUN", value: "forever" }] };
    const held = await answered("Invoke", { ...start, Payload: JSON.stringify(forever), DurableExecutionName: "two" });
    const two = { DurableExecutionArn: held["DurableExecutionArn"] };
    const CheckpointToken = world.aws.lambda.account.executions.find(String(two.DurableExecutionArn)).token;
    const Updates = [
      { Id: "s", Type: "STEP", Action: "START" },
      { Id: "w", Type: "WAIT", Action: "START", WaitOptions: { WaitSeconds: 5 } },
      {
        Id: "s",
        Type: "STEP",
        Action: "RETRY",
        StepOptions: { NextAttemptDelaySeconds: 1 },
        Error: { ErrorType: "E" },
      },
    ];
    const checkpoint = await answered("CheckpointDurableExecution", { ...two, CheckpointToken, Updates });
    const state = { ...two, CheckpointToken: checkpoint["CheckpointToken"] };
    expect(await answered("GetDurableExecutionState", state)).toMatchObject({ Operations: [{ Id: "s" }, { Id: "w" }] });
    expect(await answered("StopDurableExecution", { ...two, Error: { ErrorMessage: "deleted" } })).toMatchObject({
      StopTimestamp: expect.any(Number) as number,
    });
    expect(await answered("GetDurableExecution", two)).toMatchObject({
      Status: "STOPPED",
      Error: { ErrorMessage: "deleted" },
    });
    expect((await answered("GetDurableExecutionHistory", two))["Events"]).toHaveLength(5);
  });

  it.for([
    ["GetFunction", { FunctionName: "nobody" }, "ResourceNotFoundException", 404],
    ["Invoke", { FunctionName: "f", Qualifier: "9" }, "ResourceNotFoundException", 404],
    ["Invoke", { FunctionName: "f", Payload: "{" }, "InvalidRequestContentException", 400],
    [
      "Invoke",
      { FunctionName: "f", InvocationType: "Event", Payload: `"${"x".repeat(2 ** 20)}"` },
      "RequestTooLargeException",
      413,
    ],
    ["Invoke", { FunctionName: "busy" }, "TooManyRequestsException", 429],
    ["Invoke", { FunctionName: "asleep" }, "ResourceConflictException", 409],
    ["Invoke", { FunctionName: "durable" }, "InvalidParameterValueException", 400],
    [
      "Invoke",
      { FunctionName: "durable:1", InvocationType: "Event", DurableExecutionName: "one", Payload: '{"a":2}' },
      "DurableExecutionAlreadyStartedException",
      409,
    ],
  ] as const)("knows the error of %s with %j", async ([operation, params, error, status]) => {
    expect(await boto.call(operation, params)).toEqual({ error, status, problems: [] });
  });

  it("would find it wrong if it were", async () => {
    world.aws.faults.set({
      call: "lambda:GetFunction",
      times: 1,
      error: { type: "TooManyRequestsException", message: "slow", status: 400, members: { Sorry: "yes" } },
    });
    const { problems } = await boto.call("GetFunction", { FunctionName: "f" });
    expect(problems.join("\n")).toMatch(/Sorry[\s\S]*has status 429/);
  });
});
