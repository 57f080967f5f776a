import { describe, expect, it } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { type Provider, rfc3339, type TaskStats } from "../../provider.ts";
import { sampledAt, testPod, testSample, testStats } from "./testing.ts";
import { createUsageReader } from "./usage.ts";

function setUp(stats: () => Promise<readonly TaskStats[]>) {
  const clock = fakeClock(sampledAt);
  const warnings: string[] = [];
  const log = { debug: () => {}, info: () => {}, warn: (text: string) => warnings.push(text), error: () => {} };
  const usage = createUsageReader({ provider: { name: "local", stats } as Partial<Provider> as Provider, clock, log });
  return { clock, usage, warnings };
}

const web = testPod("web", ["main"], "u1");

describe("what the pods of a node use", () => {
  it("is of its own pods alone: what a provider tells of others does not count, for the node neither", async () => {
    const { usage } = setUp(async () => [
      testStats("u1", [testSample("main", { cpuSeconds: 2 })]),
      testStats("of-another-node", [testSample("main", { cpuSeconds: 100 })]),
    ]);
    const { pods, node, failed } = await usage.read([web, testPod("pending", ["main"], "u2")]);
    expect(pods.map(({ pod, cpuSeconds }) => [pod.metadata?.name, cpuSeconds])).toEqual([["web", 2]]);
    expect([node.cpuSeconds, node.time, failed]).toEqual([2, sampledAt, false]);
  });

  it("is of the newest attempt of a pod", async () => {
    const { usage } = setUp(async () => [
      testStats("u1", [testSample("main", { cpuSeconds: 2 })], 2),
      testStats("u1", [testSample("main", { cpuSeconds: 7 })], 1),
    ]);
    expect((await usage.read([web])).pods[0]?.containers[0]?.cpuSeconds).toBe(2);
  });

  it("has a container that started a moment ago, also where the figures of a moment before it are good yet", async () => {
    let running = [testStats("u1", [testSample("main")])];
    const { clock, usage } = setUp(async () => running);
    await usage.read([web]);
    await clock.advance(1_500);
    running = [...running, testStats("u2", [testSample("main")])];
    const state = { running: { startedAt: rfc3339(clock.now()) } };
    const containerStatuses = [{ name: "main", state, ready: true, restartCount: 0, image: "", imageID: "" }];
    const young = { ...testPod("young", ["main"], "u2"), status: { containerStatuses } };
    expect((await usage.read([web, young])).pods).toHaveLength(2);
  });

  it("stays known while the provider is away, is told as failed, and is forgotten after five minutes", async () => {
    let away = false;
    const { clock, usage, warnings } = setUp(async () => {
      if (away) throw new Error("away");
      return [testStats("u1", [testSample("main")])];
    });
    await usage.read([web]);
    away = true;
    await clock.advance(10_000);
    const soon = await usage.read([web]);
    expect([soon.failed, soon.pods.length, soon.pods[0]?.containers[0]?.time]).toEqual([true, 1, sampledAt]);
    await clock.advance(300_000);
    const late = await usage.read([web]);
    expect([late.failed, late.pods.length, late.node.cpuSeconds]).toEqual([true, 0, 1.5]);
    expect(warnings).toHaveLength(1);
  });

  it("is not known for the node before the first answer", async () => {
    const { usage } = setUp(async () => {
      throw new Error("away");
    });
    expect((await usage.read([web])).node.cpuSeconds).toBeUndefined();
  });

  it("is not known for the node while something runs and nothing has been told of it", async () => {
    const { usage } = setUp(async () => []);
    const state = { running: { startedAt: "2026-01-02T03:03:10Z" } };
    const containerStatuses = [{ name: "main", state, ready: true, restartCount: 0, image: "", imageID: "" }];
    const running = { ...web, status: { ...web.status, containerStatuses } };
    expect((await usage.read([running])).node.cpuSeconds).toBeUndefined();
    expect((await usage.read([])).node.cpuSeconds).toBe(0);
  });

  it("counts for the node until now when nothing runs", async () => {
    let running = [testStats("u1", [testSample("main", { cpuSeconds: 2 })])];
    const { clock, usage } = setUp(async () => running);
    await usage.read([web]);
    running = [];
    await clock.advance(60_000);
    expect((await usage.read([web])).node).toMatchObject({ cpuSeconds: 2, time: sampledAt + 60_000 });
  });

  it("of five thousand pods is joined without a stack that overflows", async () => {
    const pods = Array.from({ length: 5_000 }, (_, nth) => testPod(`p${nth}`, ["main"], `u${nth}`));
    const { usage } = setUp(async () => pods.map((_, nth) => testStats(`u${nth}`, [testSample("main")])));
    expect((await usage.read(pods)).pods).toHaveLength(5_000);
  });
});
