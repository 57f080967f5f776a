import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openLambda, type Opened } from "./testing.ts";

beforeAll(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterAll(() => vi.unstubAllEnvs());

const never = () => new Promise<never>(() => undefined);
const runOf = (opened: Opened, uid: string) => opened.state(uid)?.containers[0]?.state;
const hasEnded = (opened: Opened, uid: string) => () => opened.state(uid)?.phase === "stopped";
const ref = (podUid: string) => ({ identity: { clusterUid: "cluster-1", podUid, attempt: 1 } });
const report =
  "REPORT RequestId: request-7\tDuration: 5.00 ms\tBilled Duration: 6 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\t\n";

describe("an invocation", () => {
  test("is sent once, synchronously, to the version that the alias stands for, and its return is the pod's end", async () => {
    await using opened = await openLambda();
    const { lambda } = opened;
    lambda.functions["f"] = { Configuration: { Version: "7", MemorySize: 512, Timeout: 3, State: "Active" } };
    const requestId = "5fb8d3c2-1b0e-4a57-9d5e-000000000007";
    lambda.answer = () => ({ returns: { ok: true }, requestId, tail: `done\n${report}` });
    const first = await opened.launch("a", { image: "lambda://f:live", command: ["true"] });
    expect(first).toMatchObject({ phase: "starting", podName: "web", podNamespace: "ns", id: "f:7" });
    await opened.until("ended", hasEnded(opened, "a"));
    expect(lambda.invoked).toHaveLength(1);
    expect(lambda.invoked[0]).toMatchObject({
      name: "f",
      qualifier: "7",
      headers: { "x-amz-invocation-type": "RequestResponse", "x-amz-log-type": "Tail" },
      payload: { command: ["true"], burstlet: { invocationId: "token-a", podUid: "a" } },
    });
    expect(opened.state("a")).toMatchObject({
      id: `f:7/${requestId}`,
      provisioned: "512MB",
      hourlyUsd: 0.03,
      containers: [
        {
          containerID: `lambda://f:7/${requestId}`,
          state: {
            is: "terminated",
            exitCode: 0,
            reason: "Completed",
            message: "took 5 ms, billed 6 ms, at most 40 of 128 MB, about $0.000000213",
          },
        },
      ],
    });
    // Told as it starts and as it ends, and no more: each picture costs a write of the pod's status.
    expect(opened.told.map(({ phase }) => phase)).toEqual(["starting", "stopped"]);
  });

  test("runs once it has not been refused for a while, from the moment that it was sent", async () => {
    await using opened = await openLambda();
    const answer = Promise.withResolvers<{ returns: null }>();
    opened.lambda.answer = () => answer.promise;
    await opened.launch("a");
    await opened.until("sent", () => opened.lambda.invoked.length > 0, 0);
    const sentAt = opened.clock.now();
    await opened.clock.advance(200);
    expect(opened.state("a")?.phase).toBe("starting");
    await opened.clock.advance(100);
    expect(runOf(opened, "a")).toEqual({ is: "running", startedAt: sentAt });
    answer.resolve({ returns: null });
    await opened.until("ended", hasEnded(opened, "a"));
    expect(runOf(opened, "a")).toMatchObject({ startedAt: sentAt, exitCode: 0 });
  });

  test("that is launched again, because its launch was in doubt, is not sent again", async () => {
    await using opened = await openLambda();
    await Promise.all([opened.launch("a"), opened.launch("a")]);
    await opened.until("ended", hasEnded(opened, "a"));
    expect(await opened.launch("a")).toMatchObject({ phase: "stopped" });
    expect(opened.lambda.invoked).toHaveLength(1);
  });

  test.for<[string, "hang up" | 500 | 503]>([
    ["whose connection is lost", "hang up"],
    ["that the service fails at", 500],
    ["that a gateway fails at", 503],
  ])("%s ends as unknown with 255 and is never sent again", async ([, what]) => {
    await using opened = await openLambda();
    opened.lambda.answer = () =>
      what === "hang up" ? what : { status: what, code: "ServiceException", message: "Rate exceeded" };
    await opened.launch("a");
    await opened.until("ended", hasEnded(opened, "a"));
    expect(runOf(opened, "a")).toMatchObject({ exitCode: 255, reason: "LambdaOutcomeUnknown" });
    await opened.clock.advance(3_600_000);
    await opened.launch("a");
    expect(opened.lambda.invoked).toHaveLength(1);
  });

  test("that nobody answers ends as unknown a minute after the function's timeout", async () => {
    await using opened = await openLambda();
    opened.lambda.answer = never;
    await opened.launch("a");
    await opened.until("sent", () => opened.lambda.invoked.length > 0);
    await opened.clock.advance(62_000);
    expect(opened.state("a")?.phase).toBe("running");
    await opened.clock.advance(2_000);
    await opened.until("ended", hasEnded(opened, "a"));
    expect(runOf(opened, "a")).toMatchObject({ exitCode: 255, reason: "LambdaOutcomeUnknown" });
  });

  test("that is throttled waits, says so, and is sent again", async () => {
    await using opened = await openLambda();
    opened.lambda.answer = (_, nth) =>
      nth <= 3 ? { status: 429, code: "TooManyRequestsException", message: "Rate Exceeded." } : { returns: null };
    await opened.launch("a");
    await opened.until("ended", hasEnded(opened, "a"), 50);
    expect(opened.lambda.invoked).toHaveLength(4);
    expect(runOf(opened, "a")).toMatchObject({ exitCode: 0 });
    const waits = opened.told.flatMap(({ containers: [one] }) => (one?.state.is === "waiting" ? [one.state] : []));
    expect(waits).toContainEqual({ is: "waiting", reason: "LambdaThrottled", message: "Rate Exceeded." });
  });

  test("that Lambda refuses for good ends as such, with its words", async () => {
    await using opened = await openLambda();
    opened.lambda.answer = () => ({ status: 400, code: "InvalidRequestContentException", message: "no JSON" });
    await opened.launch("a");
    await opened.until("ended", hasEnded(opened, "a"));
    expect(runOf(opened, "a")).toMatchObject({
      exitCode: 128,
      reason: "LambdaFunctionUnavailable",
      message: "no JSON",
    });
  });

  test("that fails ends with the function's own error", async () => {
    await using opened = await openLambda();
    opened.lambda.answer = () => ({ returns: { errorType: "KeyError", errorMessage: "'size'" }, error: "Unhandled" });
    await opened.launch("a");
    await opened.until("ended", hasEnded(opened, "a"));
    expect(runOf(opened, "a")).toMatchObject({ exitCode: 1, reason: "Error", message: "KeyError: 'size'" });
  });
});

describe("before any invocation", () => {
  test.for<[string, object, { concurrency?: object; container?: object; spec?: object; image?: string }, object]>([
    [
      "a function that does not exist",
      {},
      { image: "lambda://other" },
      { kind: "invalid", reason: "LambdaFunctionMissing" },
    ],
    ["one that has failed", { State: "Failed" }, {}, { kind: "invalid", reason: "LambdaFunctionUnavailable" }],
    ["one that is being created", { State: "Pending" }, {}, { kind: "noCapacity", reason: "LambdaFunctionPending" }],
    [
      "one with too little memory",
      {},
      { container: { resources: { requests: { memory: "256Mi" } } } },
      { kind: "invalid", reason: "LambdaTooSmall" },
    ],
    ["one that ends too early", {}, { spec: { activeDeadlineSeconds: 4 } }, { reason: "LambdaTimeoutTooShort" }],
    ["one that nobody may invoke", {}, { concurrency: { ReservedConcurrentExecutions: 0 } }, { kind: "noCapacity" }],
  ])("%s is refused", async ([, configuration, { concurrency, container = {}, spec = {}, image }, error]) => {
    await using opened = await openLambda();
    const known = { Version: "1", MemorySize: 128, Timeout: 3, State: "Active", ...configuration };
    opened.lambda.functions["f"] = { Configuration: known, ...(concurrency && { Concurrency: concurrency }) };
    const launched = opened.launch("a", { ...container, ...(image !== undefined && { image }) }, spec);
    await expect(launched).rejects.toMatchObject(error);
    expect(opened.lambda.invoked).toEqual([]);
    expect(await opened.provider.list()).toEqual([]);
  });

  test("trouble is told as such that has started nothing, so that no pod ends as unknown by it", async () => {
    await using opened = await openLambda();
    // One for each of the two questions: a read that finds its connection closed is sent again.
    opened.lambda.hangsUp = 2;
    await opened.launch("a");
    await opened.clock.advance(31_000);
    opened.lambda.hangsUp = 10;
    await expect(opened.launch("b")).rejects.toMatchObject({ kind: "noCapacity", reason: "CloudSilent" });
    opened.lambda.hangsUp = 0;
    opened.lambda.denies = "AccessDeniedException";
    await expect(opened.launch("b")).rejects.toMatchObject({ kind: "denied" });
    opened.lambda.denies = undefined;
    await opened.launch("b");
    await opened.until("sent", () => opened.lambda.invoked.length === 2);
  });

  test("a function is asked for once for many pods, and again after half a minute", async () => {
    await using opened = await openLambda();
    const asked = () => opened.lambda.calls.filter((call) => call === "lambda:GetFunction").length;
    await Promise.all(["a", "b", "c"].map(async (uid) => opened.launch(uid)));
    expect(asked()).toBe(1);
    await opened.clock.advance(31_000);
    await opened.launch("d");
    expect(asked()).toBe(2);
  });
});

test("as many run at once as the function has reserved; others wait their turn and say so", async () => {
  await using opened = await openLambda();
  const { lambda } = opened;
  lambda.functions["f"] = {
    Configuration: { Version: "1", MemorySize: 128, Timeout: 900, State: "Active" },
    Concurrency: { ReservedConcurrentExecutions: 2 },
  };
  let running = 0;
  let most = 0;
  lambda.answer = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 20));
    running--;
    return { returns: null };
  };
  const uids = ["a", "b", "c", "d", "e", "f", "g"];
  for (const uid of uids) await opened.launch(uid);
  await opened.clock.advance(300);
  expect(runOf(opened, "g")).toMatchObject({ is: "waiting", reason: "LambdaThrottled" });
  await opened.until("all have ended", () => uids.every((uid) => hasEnded(opened, uid)()));
  expect(most).toBe(2);
  expect(lambda.invoked).toHaveLength(7);
});

describe("stopping", () => {
  test("drops the connection when the grace is over, and says that the invocation may run on", async () => {
    await using opened = await openLambda();
    opened.lambda.answer = never;
    await opened.launch("a");
    await opened.until("runs", () => opened.state("a")?.phase === "running", 50);
    expect(await opened.provider.stop(ref("a"), { graceSeconds: 30, discard: false })).toBe("stopping");
    expect(opened.state("a")?.phase).toBe("stopping");
    // A later call with less grace shortens it, one with more does not make it longer.
    await opened.provider.stop(ref("a"), { graceSeconds: 2, discard: false });
    await opened.provider.stop(ref("a"), { graceSeconds: 60, discard: false });
    await opened.clock.advance(1_900);
    expect(opened.state("a")?.phase).toBe("stopping");
    await opened.clock.advance(200);
    await opened.until("stopped", hasEnded(opened, "a"));
    expect(runOf(opened, "a")).toMatchObject({
      exitCode: 255,
      reason: "LambdaOutcomeUnknown",
      message: expect.stringContaining("may run on to the function's timeout of 3 seconds") as unknown,
    });
    expect(await opened.provider.stop(ref("a"), { graceSeconds: 0, discard: false })).toBe("stopped");
    expect(await opened.provider.stop(ref("a"), { graceSeconds: 0, discard: true })).toBe("gone");
    expect(await opened.provider.list()).toEqual([]);
  });

  test("takes the true end of what returns within the grace", async () => {
    await using opened = await openLambda();
    const answer = Promise.withResolvers<{ returns: null }>();
    opened.lambda.answer = () => answer.promise;
    await opened.launch("a");
    await opened.until("runs", () => opened.state("a")?.phase === "running", 50);
    await opened.provider.stop(ref("a"), { graceSeconds: 30, discard: false });
    answer.resolve({ returns: null });
    await opened.until("stopped", hasEnded(opened, "a"), 0);
    expect(runOf(opened, "a")).toMatchObject({ exitCode: 0, reason: "Completed" });
  });

  test("takes back what still waits for its turn, so that it is never sent", async () => {
    await using opened = await openLambda({ concurrency: 1 });
    const answer = Promise.withResolvers<{ returns: null }>();
    opened.lambda.answer = () => answer.promise;
    await opened.launch("a");
    await opened.launch("b");
    await opened.provider.stop(ref("b"), { graceSeconds: 30, discard: false });
    await opened.until("stopped", hasEnded(opened, "b"));
    expect(runOf(opened, "b")).toMatchObject({ is: "waiting", reason: "LambdaNotInvoked" });
    answer.resolve({ returns: null });
    await opened.until("ended", hasEnded(opened, "a"));
    expect(opened.lambda.invoked).toHaveLength(1);
  });

  test("of what this process has not launched: it is gone, as far as anybody can tell", async () => {
    await using opened = await openLambda();
    expect(await opened.provider.stop(ref("z"), { graceSeconds: 1, discard: false })).toBe("gone");
  });
});

describe("the node", () => {
  test("promises the account's unreserved concurrency, or what the configuration says", async () => {
    await using opened = await openLambda();
    opened.lambda.unreserved = 900;
    expect(await opened.provider.capacity()).toMatchObject({
      pods: 900,
      labels: { "topology.kubernetes.io/region": "eu-central-1" },
    });
    await using other = await openLambda({ capacity: { pods: 5 } });
    expect(await other.provider.capacity()).toMatchObject({ pods: 5, cpu: 30 });
  });
});
