import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { TaskRef, TaskState } from "../../../src/provider.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { openBench as open, read } from "./testing.ts";
import { markOf } from "./trace.ts";

beforeAll(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterAll(() => vi.unstubAllEnvs());

const manyLines = Array.from({ length: 400 }, (_, n) => `line ${n} of four hundred`).join("\n");
const refOf = ({ identity, id }: TaskState): TaskRef => ({ identity, id });
const byUid = (podUid: string, id?: string): TaskRef => ({
  identity: { clusterUid: "cluster-1", podUid, attempt: 1 },
  id,
});

describe("logs of an invocation that has ended", () => {
  test("are the end that Lambda has handed out, at once, where that is all", async () => {
    await using bench = await open();
    const state = await bench.run("a", { SCRIPT_PRINT: "one\ntwo" });
    const lines = await read(bench.provider, refOf(state));
    expect(lines.slice(1, 3)).toEqual(["one", "two"]);
    expect(lines[0]).toMatch(/^START/);
    expect(lines.at(-1)).toMatch(/^REPORT/);
    expect(Object.keys(bench.aws.calls.all).filter((call) => call.startsWith("logs:"))).toEqual([]);
    expect((await read(bench.provider, refOf(state), { tailLines: 2 }))[0]).toMatch(/^END/);
  });

  test("have the times of their lines as soon as CloudWatch has surely got them", async () => {
    await using bench = await open();
    const state = await bench.run("a", { SCRIPT_PRINT: "one", SCRIPT_RUN: "1" });
    const timesOf = async (): Promise<Set<string>> => {
      const times: string[] = [];
      expect(await read(bench.provider, refOf(state), {}, (_, time) => times.push(time))).toContain("one");
      return new Set(times);
    };
    expect((await timesOf()).size).toBe(1);
    bench.time.ahead = 31_000;
    expect((await timesOf()).size).toBeGreaterThan(1);
    // What CloudWatch does not tell stays known from the answer.
    bench.aws.faults.set({
      call: "logs:FilterLogEvents",
      error: { type: "AccessDeniedException", message: "no", status: 400 },
    });
    expect((await timesOf()).size).toBe(1);
  });

  test("are everything from its log group where the end is not all, and of this invocation alone", async () => {
    await using bench = await open();
    // The same environment: one stream has the lines of all three.
    await bench.run("before", { SCRIPT_PRINT: "somebody else" });
    const state = await bench.run("a", { SCRIPT_PRINT: manyLines });
    await bench.run("after", { SCRIPT_PRINT: "somebody else" });
    // CloudWatch shows lines a moment after they were written, and is not asked before that.
    const lines = await eventually("all of it is there", async () => {
      const seen = await read(bench.provider, refOf(state));
      return seen.length > 400 && seen;
    });
    expect(lines.filter((line) => line.includes("of four hundred"))).toHaveLength(400);
    expect(lines.filter((line) => line.includes("somebody else"))).toEqual([]);
    expect(lines.at(-1)).toMatch(/^REPORT/);
    const last = await read(bench.provider, refOf(state), { tailLines: 3 });
    expect(last).toEqual(lines.slice(-3));
  });

  test("are the end, while CloudWatch does not show the rest yet", async () => {
    await using bench = await open({ functions: { f: {} }, times: { logs: 60 } });
    const state = await bench.run("a", { SCRIPT_PRINT: manyLines });
    const lines = await read(bench.provider, refOf(state));
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.length).toBeLessThan(400);
    expect(lines.at(-1)).toMatch(/^REPORT/);
  });

  test("are found by a later burstlet, by the id that the pod has of it", async () => {
    await using bench = await open();
    const state = await bench.run("a", { SCRIPT_PRINT: "one" });
    const later = await bench.again();
    const ran = { startedAt: Date.now(), finishedAt: Date.now() };
    expect(await read(later, byUid("a", state.id), { ran })).toContain("one");
    await expect(read(later, byUid("b"))).rejects.toMatchObject({ kind: "notFound" });
  });

  test("of the run before are found by what the status of its pod has of it", async () => {
    await using bench = await open();
    const { identity, containers } = await bench.run("a", { SCRIPT_PRINT: "one" });
    const later = await bench.again();
    const ran = { startedAt: Date.now(), finishedAt: Date.now(), containerID: containers[0]?.containerID };
    expect(await read(later, { identity }, { ran })).toContain("one");
    const foreign = { ...ran, containerID: "lambda://f:$LATEST/anything" };
    await expect(read(later, { identity }, { ran: foreign })).rejects.toMatchObject({ kind: "notFound" });
  });

  test("whose outcome nobody knows, are found by what the function has written of its pod", async () => {
    await using bench = await open();
    bench.aws.faults.set({ call: "lambda:Invoke", cut: "after", times: 1 });
    const state = await bench.run("a", { SCRIPT_PRINT: `burstlet: pod ns/a ${markOf(byUid("a").identity)}\nit ran` });
    expect(state.containers[0]?.state).toMatchObject({ exitCode: 255 });
    expect(await read(bench.provider, refOf(state), { follow: true })).toContain("it ran");
  });
});

describe("logs of an invocation that runs", () => {
  test("are followed where the function has written which pod it is, to the end", async () => {
    await using bench = await open();
    const print = `burstlet: pod ns/a ${markOf(byUid("a").identity)}\nbegun`;
    const state = await bench.run("a", { SCRIPT_PRINT: print, SCRIPT_RUN: "3" }, "running");
    const heard = Promise.withResolvers<void>();
    const following = read(bench.provider, refOf(state), { follow: true }, (line) => {
      if (line === "begun") heard.resolve();
    });
    await heard.promise;
    const ended = await Promise.race([following.then(() => "ended"), Promise.resolve("runs")]);
    expect(ended).toBe("runs");
    expect((await following).at(-1)).toMatch(/^REPORT/);
  });

  test("of a function that writes nothing of it are told later; a follower has them at the end", async () => {
    await using bench = await open();
    const state = await bench.run("a", { SCRIPT_PRINT: "quiet", SCRIPT_RUN: "2" }, "running");
    await expect(read(bench.provider, refOf(state))).rejects.toMatchObject({ reason: "LambdaLogLater" });
    expect(await read(bench.provider, refOf(state), { follow: true })).toContain("quiet");
  });
});
