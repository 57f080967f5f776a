/** What a real podman's containers leave behind: codes, signals, reasons, times, last words. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { Terminated } from "../../../../src/provider.ts";
import { systemClock } from "../../../../src/telemetry/clock.ts";
import { startEngine, type TestEngine } from "../../../../test/support/engine.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import { silentLog } from "../../../../test/support/silent-log.ts";
import type { ContainerSpec, Runtime } from "../runtime.ts";
import { createEngineRuntime } from "./engine-runtime.ts";
import { containerOf, discard, shell, taskOf, testCluster, until } from "./testing.ts";

describeWith(["engine", "root", "namespaces", "busybox"], "the end of a container on an engine", () => {
  let engine: TestEngine;
  let folder: string;
  let runtime: Runtime;
  let count = 0;
  beforeAll(async () => {
    engine = await startEngine();
    folder = mkdtempSync(join(tmpdir(), "burstlet-ends-"));
    const known = { clock: systemClock, log: silentLog, clusterUid: testCluster, nodeName: "edge" };
    runtime = await createEngineRuntime({ ...known, host: engine.host, stateDir: folder });
  });
  afterEach(async () => {
    for (const { identity } of await runtime.list()) await discard(runtime, identity);
  });
  afterAll(async () => {
    await runtime?.close();
    await engine?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function endsOf(...containers: ContainerSpec[]): Promise<Terminated[]> {
    const { identity, ...spec } = taskOf(`end-${(count += 1)}`, containers);
    await runtime.start({ ...spec, identity });
    const state = await until(runtime, identity, ({ phase }) => phase === "stopped");
    return containers.map(({ name }) => containerOf(state, name).state as Terminated);
  }

  const megabyte = 2 ** 20;
  const hog = "exec dd if=/dev/zero of=/dev/null bs=256M count=1";

  it("is told without the message that a container made longer than anybody reads", async () => {
    const [end] = await endsOf(shell("a", "head -c 40000000 /dev/zero > /dev/termination-log; exit 3"));
    expect(end).toMatchObject({ exitCode: 3, reason: "Error" });
    expect(end?.message ?? "").toBe("");
  });

  it("is OOMKilled where the kernel killed it for its memory limit, and its neighbour's is not", async () => {
    const [greedy, other] = await endsOf(
      shell("a", hog, { memoryLimit: 16 * megabyte }),
      shell("b", "kill -9 $$; sleep 1; exit 137", { memoryLimit: 64 * megabyte }),
    );
    expect(greedy).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
    expect(other).toMatchObject({ exitCode: 137, reason: "Error" });
  });

  it("is OOMKilled also where only a child was killed and the container gave up on it", async () => {
    const [end] = await endsOf(shell("a", `(${hog}) || exit 5`, { memoryLimit: 16 * megabyte }));
    expect(end).toMatchObject({ exitCode: 5, reason: "OOMKilled" });
  });

  it.for([
    ["TERM", 143],
    ["INT", 130],
    ["SEGV", 139],
  ] as const)("by signal %s has exit code %d", async ([signal, exitCode]) => {
    // Process 1 would not die of it: a child does, and its shell says how.
    const [end] = await endsOf(shell("a", `sh -c 'kill -${signal} $$'; exit $?`));
    expect(end).toMatchObject({ exitCode, reason: "Error" });
  });

  it("has the times at which it really began and ended", async () => {
    const before = Date.now();
    const [end] = await endsOf(shell("a", "sleep 1"));
    expect(end?.startedAt).toBeGreaterThanOrEqual(before);
    expect((end?.finishedAt ?? 0) - (end?.startedAt ?? 0)).toBeGreaterThanOrEqual(900);
    expect(end?.finishedAt).toBeLessThanOrEqual(Date.now());
  });

  it("keeps the last 4,096 bytes of its termination message", async () => {
    const [end] = await endsOf(
      shell("a", "yes begin | head -c 5000 > /dev/termination-log; echo end >> /dev/termination-log"),
    );
    expect(end?.message).toHaveLength(4096);
    expect(end?.message?.endsWith("end\n")).toBe(true);
  });

  it("falls back to the last 80 lines, at most 2,048 bytes, of the log of a failure", async () => {
    const fallback = { terminationMessageFallback: true };
    const short = "i=0; while [ $i -lt 200 ]; do echo $i; i=$((i+1)); done; exit 1";
    const long = "i=0; while [ $i -lt 50 ]; do echo $i-$(yes x | head -100 | tr -d '\\n'); i=$((i+1)); done; exit 1";
    const [few, many, fine] = await endsOf(
      shell("few", short, fallback),
      shell("many", long, fallback),
      shell("fine", "echo fine", fallback),
    );
    expect(few?.message?.trim().split("\n")).toEqual(Array.from({ length: 80 }, (_, at) => String(120 + at)));
    expect(many?.message).toHaveLength(2048);
    expect(many?.message?.trim().split("\n").at(-1)).toMatch(/^49-x+$/);
    expect(fine?.message).toBeUndefined();
  });
});
