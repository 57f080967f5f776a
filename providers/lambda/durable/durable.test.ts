import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { ExpectedTask, TaskFeed, TaskState } from "../../../src/provider.ts";
import { providerContext } from "../../../test/support/provider-context.ts";
import { create } from "../provider.ts";
import { openLambda, type Opened } from "../testing.ts";

beforeAll(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterAll(() => vi.unstubAllEnvs());

const open = async (): Promise<Opened> => {
  const opened = await openLambda({ durableFunctions: ["d"] });
  const Configuration = { Version: "2", MemorySize: 512, Timeout: 60, State: "Active" };
  opened.lambda.functions["d"] = { Configuration: { ...Configuration, DurableConfig: { ExecutionTimeout: 3_600 } } };
  return opened;
};
const image = "lambda://d:live";
const ref = (podUid: string) => ({ identity: { clusterUid: "cluster-1", podUid, attempt: 1 } });
const runOf = (opened: Opened, uid: string) => opened.state(uid)?.containers[0]?.state;
const isIn = (opened: Opened, uid: string, phase: TaskState["phase"]) => () => opened.state(uid)?.phase === phase;
const [first, second] = [0, 1];

describe("a durable execution", () => {
  test("is started by a name of its attempt, runs since Lambda says, and ends with its true result", async () => {
    await using opened = await open();
    const { executions } = opened.lambda;
    await opened.launch("a", { image });
    expect(executions.started).toEqual([expect.stringMatching(/^a-1-[0-9a-f]{16}$/)]);
    await opened.until("runs", isIn(opened, "a", "running"), 100);
    expect(runOf(opened, "a")).toEqual({ is: "running", startedAt: 1_767_323_045_000 });
    expect(opened.state("a")).toMatchObject({ id: executions.all[first]?.arn, provisioned: "512MB" });
    Object.assign(executions.all[first] ?? {}, { status: "SUCCEEDED" });
    await opened.until("ended", isIn(opened, "a", "stopped"), 100);
    expect(runOf(opened, "a")).toMatchObject({ exitCode: 0, finishedAt: 1_767_323_052_000 });
  });

  test.for<[string, object, object]>([
    ["FAILED", { ErrorType: "BurstletExit", ErrorMessage: "exit status 7" }, { exitCode: 7, reason: "Error" }],
    ["FAILED", { ErrorType: "KeyError", ErrorMessage: "size" }, { exitCode: 1, message: "KeyError: size" }],
    ["FAILED", {}, { exitCode: 1 }],
    ["TIMED_OUT", {}, { exitCode: 124, reason: "LambdaTimeout" }],
    ["STOPPED", {}, { exitCode: 143, reason: "Stopped" }],
  ])("that is %s (%j) ends as such", async ([status, error, end]) => {
    await using opened = await open();
    await opened.launch("a", { image });
    Object.assign(opened.lambda.executions.all[first] ?? {}, { status, error });
    await opened.until("ended", isIn(opened, "a", "stopped"), 100);
    expect(runOf(opened, "a")).toMatchObject(end);
    expect(opened.state("a")?.final).toBeUndefined();
  });

  test("with a status that this version does not know has not ended", async () => {
    await using opened = await open();
    await opened.launch("a", { image });
    Object.assign(opened.lambda.executions.all[first] ?? {}, { status: "PAUSED" });
    await opened.until("runs", isIn(opened, "a", "running"), 100);
    await opened.clock.advance(10_000);
    expect(opened.state("a")?.phase).toBe("running");
  });

  test("is seen to run by one call for all of its version, also where Lambda lists those of $LATEST without one", async () => {
    await using opened = await open();
    opened.lambda.executions.listsAll = false;
    for (const uid of ["a", "b"]) await opened.launch(uid, { image });
    for (const uid of ["a", "b"]) await opened.until("runs", isIn(opened, uid, "running"), 100);
    await opened.clock.advance(10_000);
    expect(opened.lambda.calls).not.toContain("lambda:GetDurableExecution");
    expect(opened.lambda.calls).toContain("lambda:ListDurableExecutionsByFunction");
  });

  test("whose start is in doubt is started again by the same name, and found", async () => {
    await using opened = await open();
    const { executions } = opened.lambda;
    executions.faults.push({ of: "start", is: "lost" }, { of: "start", is: { status: 500, code: "ServiceException" } });
    await expect(opened.launch("a", { image })).rejects.toMatchObject({ kind: "transient" });
    await expect(opened.launch("a", { image })).rejects.toMatchObject({ kind: "transient" });
    await opened.launch("a", { image });
    expect(new Set(executions.started).size).toBe(1);
    expect(executions.all).toHaveLength(1);
    await opened.launch("a", { image });
    expect(executions.started).toHaveLength(2);
  });

  test("is found although its payload has changed since, or the answer does not name it", async () => {
    await using opened = await open();
    const { executions } = opened.lambda;
    executions.faults.push({ of: "start", is: "lost" });
    await expect(opened.launch("a", { image, args: ["old"] })).rejects.toMatchObject({ kind: "transient" });
    executions.tellsArn = false;
    await opened.launch("a", { image, args: ["new"] });
    await opened.launch("b", { image });
    await opened.until("runs", isIn(opened, "a", "running"), 100);
    await opened.until("runs", isIn(opened, "b", "running"), 100);
    expect(opened.state("b")?.id).toBe(executions.all[second]?.arn);
  });

  test.for<[number, string, object]>([
    [429, "TooManyRequestsException", { kind: "throttled", reason: "LambdaThrottled" }],
    [403, "AccessDeniedException", { kind: "denied" }],
    [409, "ResourceConflictException", { kind: "noCapacity" }],
    [404, "ResourceNotFoundException", { kind: "invalid" }],
  ])("whose start is answered by %i %s has not been started, and that is said", async ([status, code, error]) => {
    await using opened = await open();
    opened.lambda.executions.faults.push({ of: "start", is: { status, code } });
    await expect(opened.launch("a", { image })).rejects.toMatchObject(error);
    expect(opened.lambda.executions.all).toEqual([]);
  });

  test("is asked for only of a function that has the configuration for it", async () => {
    await using opened = await open();
    opened.lambda.functions["d"] = { Configuration: { Version: "2", MemorySize: 512, Timeout: 60, State: "Active" } };
    await expect(opened.launch("a", { image })).rejects.toMatchObject({ kind: "invalid", reason: "LambdaNotDurable" });
    expect(opened.lambda.executions.started).toEqual([]);
  });

  test("is stopped when the grace is over, and its owner hears that a step may still run", async () => {
    await using opened = await open();
    await opened.launch("a", { image });
    await opened.until("runs", isIn(opened, "a", "running"), 100);
    await opened.provider.stop(ref("a"), { graceSeconds: 20, discard: false });
    expect(opened.state("a")?.phase).toBe("stopping");
    await opened.clock.advance(10_000);
    expect(opened.lambda.executions.all[first]?.status).toBe("RUNNING");
    opened.lambda.executions.faults.push({ of: "stop", is: { status: 429, code: "TooManyRequestsException" } });
    await opened.clock.advance(11_000);
    await opened.until("asked", () => opened.lambda.calls.includes("lambda:StopDurableExecution"), 100);
    // That failed; the core asks again until it has ended.
    await opened.provider.stop(ref("a"), { graceSeconds: 0, discard: false });
    await opened.until("stopped", isIn(opened, "a", "stopped"), 100);
    expect(runOf(opened, "a")).toMatchObject({ exitCode: 143 });
    expect(opened.state("a")?.warning?.reason).toBe("InvocationMayStillRun");
    expect(await opened.provider.stop(ref("a"), { graceSeconds: 0, discard: true })).toBe("gone");
  });

  test("that Lambda has never begun is gone after some minutes: its list may be late", async () => {
    await using opened = await open();
    await opened.launch("a", { image });
    opened.lambda.executions.all.length = 0;
    await opened.clock.advance(200_000);
    expect(opened.gone).toEqual([]);
    await opened.until("gone", () => opened.gone.length > 0, 1_000);
    expect(await opened.provider.list()).toEqual([]);
  });

  test("that Lambda has told of and knows no longer is gone, also while it is being stopped", async () => {
    await using opened = await open();
    await opened.launch("a", { image });
    await opened.until("runs", isIn(opened, "a", "running"), 100);
    opened.lambda.executions.all.length = 0;
    const begun = opened.clock.monotonic();
    await opened.provider.stop(ref("a"), { graceSeconds: 2, discard: false });
    await opened.until("gone", () => opened.gone.length > 0, 100);
    expect(opened.clock.monotonic() - begun).toBeLessThan(30_000);
    expect(await opened.provider.stop(ref("a"), { graceSeconds: 0, discard: false })).toBe("gone");
  });
});

describe("a later burstlet", () => {
  const later = async (opened: Opened, expected: readonly ExpectedTask[], watched: Partial<TaskFeed> = {}) => {
    const context = providerContext(opened.clock, { grants: [{ namespace: "ns", allow: ["*"] }] });
    const config = { region: "eu-central-1", endpoint: opened.lambda.url, durableFunctions: ["d"] };
    const provider = await create(config, context);
    const states = new Map<string, TaskState>();
    const done = new AbortController();
    let synced = false;
    const feed: TaskFeed = {
      task: (state) => void states.set(state.identity.podUid, state),
      gone: () => undefined,
      synced: () => void (synced = true),
      health: () => undefined,
      expected: async () => expected,
      ...watched,
    };
    const watching = provider.watch(feed, done.signal);
    return {
      provider,
      states,
      isSynced: () => synced,
      async [Symbol.asyncDispose]() {
        done.abort();
        await watching;
        await provider.close?.();
      },
    };
  };
  const expectedOf = (uid: string, id: string | undefined): ExpectedTask => ({
    ...ref(uid),
    id,
    podName: `name-${uid}`,
    podNamespace: "ns",
    containers: [{ name: "main", image }],
  });

  test("finds what runs, what has ended meanwhile, and what belongs to nobody", async () => {
    await using opened = await open();
    for (const uid of ["a", "b", "c", "d", "e"]) await opened.launch(uid, { image });
    const { executions } = opened.lambda;
    const [a, b, , , e] = executions.all;
    Object.assign(b ?? {}, { status: "FAILED", error: { ErrorType: "BurstletExit", ErrorMessage: "exit status 9" } });
    Object.assign(e ?? {}, { status: "SUCCEEDED" });
    executions.all.push({
      arn: "arn:other",
      name: "z-1-0123456789abcdef",
      functionName: "d",
      payload: "",
      status: "RUNNING",
    });
    await using next = await later(opened, [
      expectedOf("a", a?.arn),
      expectedOf("b", b?.arn),
      expectedOf("gone", "arn:aws:lambda:x:1:function:d:2/durable-execution/gone-1/x"),
    ]);
    await opened.until("synced", next.isSynced, 100);
    expect([...next.states.keys()].toSorted()).toEqual(["a", "b", "c", "d"]);
    expect(next.states.get("a")).toMatchObject({ podName: "name-a", phase: "running", containers: [{ name: "main" }] });
    expect(next.states.get("b")).toMatchObject({ phase: "stopped", containers: [{ state: { exitCode: 9 } }] });
    // A pod that is gone: the core ends its task.
    expect(await next.provider.stop(ref("c"), { graceSeconds: 0, discard: false })).toBe("stopping");
    await opened.until("stopped", () => next.states.get("c")?.phase === "stopped", 100);
  });

  test("says that it knows everything only when Lambda has answered, and what is wrong until then", async () => {
    await using opened = await open();
    await opened.launch("a", { image });
    const troubles: (string | undefined)[] = [];
    opened.lambda.executions.faults.push({ of: "list", is: { status: 403, code: "AccessDeniedException" } });
    await using next = await later(opened, [], { health: (trouble) => void troubles.push(trouble?.kind) });
    await opened.until("trouble", () => troubles.length > 0, 0);
    expect(next.isSynced()).toBe(false);
    await opened.until("synced", next.isSynced, 100);
    expect(troubles).toEqual(["denied", undefined]);
    expect(next.states.has("a")).toBe(true);
  });

  test("starts nothing a second time where the record names no execution yet", async () => {
    await using opened = await open();
    await opened.launch("a", { image });
    Object.assign(opened.lambda.executions.all[first] ?? {}, { status: "SUCCEEDED" });
    await using next = await openLambda({ durableFunctions: ["d"], endpoint: opened.lambda.url });
    await next.launch("a", { image });
    await next.until("ended", isIn(next, "a", "stopped"), 100);
    expect(runOf(next, "a")).toMatchObject({ exitCode: 0 });
    expect(opened.lambda.executions.all).toHaveLength(1);
  });
});
