import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { ScenarioInput } from "../../../localstack/scenario/schema.ts";
import type { ExpectedTask, TaskState } from "../../../src/provider.ts";
import { type Bench, openBench, read } from "../logs/testing.ts";

beforeAll(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterAll(() => vi.unstubAllEnvs());

/** Of whose pods each is an event, with the lines of our handlers in its log. */
const e = { timeout: 60, memory: 512, script: { marks: true } } as const;
const image = "lambda://e";
const open = async (change: object = {}, scenario: ScenarioInput = {}, pace = 20): Promise<Bench> =>
  openBench({ ...scenario, functions: { e: { ...e, ...change } } }, pace);
/** Five minutes are a second. */
const FAST = 300;
const runOf = (state: TaskState | undefined) => state?.containers[0]?.state;
const ended = ({ phase }: TaskState): boolean => phase === "stopped";
const ref = (podUid: string) => ({ identity: { clusterUid: "cluster-1", podUid, attempt: 1 } });
const ledger = ({ aws }: Bench) => aws.ledger.entries;
const accepted = (bench: Bench) =>
  ledger(bench).filter((one) => one.event === "invoke" && one.outcome === "accepted").length;
const runs = (bench: Bench) => ledger(bench).filter(({ event }) => event === "run").length;

describe.concurrent("an event", () => {
  test("waits in Lambda's queue under its id, has ended when its handler says so, and warns of its mode once", async () => {
    await using bench = await open();
    const state = await bench.run("a", { SCRIPT_RUN: "0.5" }, "stopped", image);
    expect(runOf(state)).toMatchObject({ exitCode: 0, reason: "Completed", message: expect.stringMatching(/^took/) });
    const [first, second] = bench.told;
    expect([runOf(first), first?.warning]).toEqual([{ is: "waiting", reason: "ContainerCreating" }, undefined]);
    expect(runOf(second)).toMatchObject({ is: "waiting", reason: "LambdaQueued" });
    expect(second?.warning?.reason).toBe("LambdaAtLeastOnce");
    const [entry] = ledger(bench).filter(({ event }) => event === "invoke");
    const { requestId } = entry as { requestId: string };
    expect(new Set(bench.told.map(({ id }) => id))).toEqual(new Set([`e:$LATEST/event/${requestId}`]));
    expect(state).toMatchObject({ provisioned: "512MB", containers: [{ containerID: `lambda://${state.id}` }] });
    const warnings = new Set(bench.told.map(({ warning }) => JSON.stringify(warning)));
    expect(warnings.size).toBe(2);
  });

  test.for<[string, Record<string, string>, object]>([
    ["by its handler's last line", { SCRIPT_STATUS: "7" }, { exitCode: 7, reason: "Error" }],
    [
      "by what the handler has thrown",
      { SCRIPT_ERROR: "size" },
      { exitCode: 1, message: expect.stringMatching(/^Error: size/) },
    ],
    ["by the end of its process", { SCRIPT_EXIT: "3" }, { exitCode: 3 }],
    ["by its memory", { SCRIPT_END: "oom" }, { exitCode: 137, reason: "OOMKilled" }],
    ["by its timeout", { SCRIPT_RUN: "forever" }, { exitCode: 124, reason: "LambdaTimeout" }],
  ])("that fails and is not run again has failed: %s", async ([, env, end]) => {
    await using bench = await open({ retries: 0, timeout: 1 });
    expect(runOf(await bench.run("a", env, "stopped", image))).toMatchObject(end);
    expect(bench.told.at(-1)?.final).toBeUndefined();
  });

  test.for(["same", "new"] as const)(
    "is run again where it fails, with %s id, and fails with the last run",
    async (ids) => {
      await using bench = await open({}, { switches: { eventRequestIds: ids }, times: { again: 0.1 } });
      const state = await bench.run("a", { SCRIPT_STATUS: "7" }, "stopped", image);
      expect(runOf(state)).toMatchObject({ exitCode: 7 });
      expect([accepted(bench), runs(bench)]).toEqual([1, 3]);
      const lines = await read(bench.provider, { ...ref("a"), id: state.id });
      expect(lines.filter((line) => line.startsWith("burstlet: end of"))).toHaveLength(3);
      expect(lines.filter((line) => line.startsWith("START"))).toHaveLength(3);
    },
  );

  test("of a function that writes nothing of its end is not known to have succeeded, and is the last attempt", async () => {
    await using bench = await open({ script: {} });
    const state = await bench.run("a", {}, "stopped", image);
    expect(runOf(state)).toMatchObject({ exitCode: 255, reason: "LambdaOutcomeUnknown" });
    expect(state.final).toBe(true);
  });

  test("is sent once, whoever asks for it at the same time or later", async () => {
    await using bench = await open();
    const ask = async () => bench.run("a", {}, "stopped", image);
    const [one, other] = await Promise.all([ask(), ask()]);
    expect([other.id, (await ask()).id]).toEqual([one.id, one.id]);
    expect(accepted(bench)).toBe(1);
  });

  test("of a durable function is refused before anything is sent", async () => {
    await using bench = await open({ durable: {} });
    await expect(bench.run("a", {}, "stopped", image)).rejects.toMatchObject({ reason: "LambdaIsDurable" });
    expect(accepted(bench)).toBe(0);
  });

  test("that is not waited for any more may still run, which is said", async () => {
    await using bench = await open();
    await bench.run("a", { SCRIPT_RUN: "forever" }, "running", image);
    expect(await bench.provider.stop(ref("a"), { graceSeconds: 1_000, discard: false })).toBe("stopping");
    expect(bench.told.at(-1)?.phase).toBe("stopping");
    await bench.provider.stop(ref("a"), { graceSeconds: 0, discard: false });
    const last = bench.told.at(-1);
    expect(last).toMatchObject({ phase: "stopped", final: true, warning: { reason: "InvocationMayStillRun" } });
    expect(runOf(last)).toMatchObject({ exitCode: 255 });
    expect(await bench.provider.stop(ref("a"), { graceSeconds: 0, discard: true })).toBe("gone");
  });

  test("that ends within the grace has its true end", async () => {
    await using bench = await open();
    await bench.run("a", { SCRIPT_RUN: "1" }, "running", image);
    await bench.provider.stop(ref("a"), { graceSeconds: 1_000, discard: false });
    expect(runOf(await bench.reaches("a", "has ended", ended))).toMatchObject({ exitCode: 0 });
  });
});

describe.concurrent("the log of an event", () => {
  test("is followed to its end", async () => {
    await using bench = await open();
    const state = await bench.run("a", { SCRIPT_PRINT: "words", SCRIPT_RUN: "1" }, "running", image);
    const lines = await read(bench.provider, { ...ref("a"), id: state.id }, { follow: true });
    expect(lines).toContain("words");
    expect(lines.at(-1)).toMatch(/^REPORT/);
  });
});

describe.concurrent("an event whose answer is lost", () => {
  test.for<[string, object]>([
    ["the connection is cut", { cut: "after" }],
    ["Lambda answers with an error", { error: { type: "ServiceException", message: "m", status: 500, late: true } }],
  ])("is not sent again, and found by its log: %s", async ([, fault]) => {
    await using bench = await open();
    bench.aws.faults.set({ call: "lambda:Invoke", times: 1, ...fault });
    const state = await bench.run("a", {}, "stopped", image);
    expect(runOf(state)).toMatchObject({ exitCode: 0 });
    expect(state.id).toMatch(/^e:\$LATEST\/event\/[\w-]{36}$/);
    expect(accepted(bench)).toBe(1);
  });

  test("and of which the log has nothing for five minutes is unknown, and never sent again", async () => {
    await using bench = await open({}, {}, FAST);
    bench.aws.faults.set({ call: "lambda:Invoke", times: 1, cut: "before" });
    await bench.run("a", {}, "starting", image);
    bench.time.ahead = 300_000;
    const state = await bench.reaches("a", "is given up", ended);
    expect(runOf(state)).toMatchObject({ exitCode: 255, reason: "LambdaOutcomeUnknown" });
    expect([state.final, accepted(bench)]).toEqual([true, 0]);
  });
});

test.concurrent.for<[number, string, object]>([
  [429, "TooManyRequestsException", { kind: "throttled", reason: "LambdaThrottled" }],
  [403, "AccessDeniedException", { kind: "denied" }],
  [409, "ResourceConflictException", { kind: "noCapacity" }],
  [400, "InvalidParameterValueException", { kind: "invalid" }],
])("an event that is answered by %i %s was not sent, and that is said", async ([status, type, error]) => {
  await using bench = await open();
  bench.aws.faults.set({ call: "lambda:Invoke", times: 1, error: { type, message: "m", status } });
  await expect(bench.run("a", {}, "stopped", image)).rejects.toMatchObject(error);
  expect([accepted(bench), bench.told]).toEqual([0, []]);
});

test.concurrent("an event is not sent where burstlet may not know how often Lambda would run it", async () => {
  await using bench = await open();
  const error = { type: "AccessDeniedException", message: "m", status: 403 };
  bench.aws.faults.set({ call: "lambda:GetFunctionEventInvokeConfig", error });
  await expect(bench.run("a", {}, "stopped", image)).rejects.toMatchObject({ kind: "denied" });
  expect(accepted(bench)).toBe(0);
});

describe.concurrent("a later burstlet", () => {
  const expectedOf = (uid: string, id?: string): ExpectedTask => ({
    ...ref(uid),
    id,
    podName: `name-${uid}`,
    podNamespace: "ns",
    containers: [{ name: "main", image }],
    trail: "event e",
    recordedAt: Date.now() - 1_000,
  });
  test("finds an event by its id: one that runs, and how one has ended meanwhile", async () => {
    await using bench = await open();
    const over = await bench.run("b", {}, "stopped", image);
    const running = await bench.run("a", { SCRIPT_RUN: "4" }, "running", image);
    const before = bench.told.length;
    await bench.again([expectedOf("a", running.id), expectedOf("b", over.id)]);
    await bench.reaches("a", "has ended", ended);
    const since = bench.told.slice(before).filter(({ podName }) => podName.startsWith("name-"));
    // Never back to waiting.
    expect(since.filter((one) => one.identity.podUid === "a" && runOf(one)?.is === "waiting")).toEqual([]);
    expect(since.find((one) => one.identity.podUid === "a")).toMatchObject({ phase: "running", provisioned: "512MB" });
    expect(runOf(since.findLast((one) => one.identity.podUid === "a"))).toMatchObject({ exitCode: 0 });
    const other = since.find((one) => one.identity.podUid === "b");
    expect([other?.podName, runOf(other)]).toEqual(["name-b", runOf(over)]);
    expect(accepted(bench)).toBe(2);
  });

  test("finds one by its pod where the id was not recorded, and one that was never sent not", async () => {
    await using bench = await open({}, {}, FAST);
    const own = await bench.run("a", {}, "stopped", image);
    const before = bench.told.length;
    await bench.again([expectedOf("a"), expectedOf("never")]);
    const state = await bench.reaches("a", "is found", ({ podName }) => podName === "name-a");
    expect([runOf(state), state.id]).toEqual([runOf(own), own.id]);
    expect(runOf(bench.told.slice(before).find(({ identity }) => identity.podUid === "never"))).toMatchObject({
      is: "waiting",
      reason: "LambdaQueued",
    });
    bench.time.ahead = 300_000;
    expect(runOf(await bench.reaches("never", "is given up", ended))).toMatchObject({ exitCode: 255 });
    expect(accepted(bench)).toBe(1);
  });

  test("gives up after its own search what was sent long ago, however often burstlet was started since", async () => {
    await using bench = await open({}, {}, FAST);
    await bench.again([{ ...expectedOf("lost"), sentAt: Date.now() - 300_000 }]);
    expect(runOf(await bench.reaches("lost", "is given up", ended))).toMatchObject({ exitCode: 255 });
  });

  test("says that it knows everything only when the log has answered, and takes no other pod for an event", async () => {
    await using bench = await open();
    const state = await bench.run("a", {}, "stopped", image);
    bench.aws.faults.set({ name: "logs", call: "logs:FilterLogEvents", cut: "before" });
    const before = bench.told.length;
    const next = await bench.again([expectedOf("a", state.id), { ...expectedOf("held"), trail: undefined }]);
    expect(bench.told.length).toBe(before);
    bench.aws.faults.clear("logs");
    await bench.reaches("a", "is found", ({ podName }) => podName === "name-a");
    expect((await next.list()).map(({ identity }) => identity.podUid)).toEqual(["a"]);
  });
});
