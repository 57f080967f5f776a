/** Other resources for containers that run in a real podman: what their control groups say. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { systemClock } from "../../../../src/telemetry/clock.ts";
import { startEngine, type TestEngine } from "../../../../test/support/engine.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import { silentLog } from "../../../../test/support/silent-log.ts";
import type { Runtime } from "../runtime.ts";
import { createEngineRuntime } from "./engine-runtime.ts";
import { containerOf, discard, inside, isRunning, shell, taskOf, testCluster, until } from "./testing.ts";

const mebibyte = 1 << 20;
/** Memory, then the quota of processor time in each 100 ms, in control groups of either version. */
const readLimits = `cd /sys/fs/cgroup
if [ -e memory.max ]; then cat memory.max; cut -d" " -f1 cpu.max
else cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us; fi`;

describeWith(["engine", "root", "namespaces", "busybox"], "resources of containers that run on an engine", () => {
  let engine: TestEngine;
  let folder: string;
  let runtime: Runtime;
  beforeAll(async () => {
    engine = await startEngine();
    folder = mkdtempSync(join(tmpdir(), "burstlet-resize-"));
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

  const spec = taskOf(
    "sized",
    [
      shell("a", "sleep 1000", { cpuRequest: 0.1, cpuLimit: 0.1, memoryLimit: 64 * mebibyte }),
      shell("b", "sleep 1000"),
    ],
    { graceSeconds: 1 },
  );
  const task = { identity: spec.identity };
  const limitsOf = (container: string, instance = 0): string[] =>
    inside(engine, spec.identity, { container, instance }, "sh", "-c", readLimits).trim().split("\n");

  it("are changed without a restart, up and down and again, and later runs have them", async () => {
    await runtime.start(spec);
    await until(runtime, spec.identity, (state) => isRunning("a")(state) && isRunning("b")(state));
    expect(limitsOf("a")).toEqual([String(64 * mebibyte), "10000"]);
    const others = limitsOf("b");
    const bigger = { container: "a", cpuRequest: 0.2, cpuLimit: 0.2, memoryLimit: 96 * mebibyte };
    const smaller = { container: "a", cpuRequest: 0.05, cpuLimit: 0.05, memoryLimit: 32 * mebibyte };
    await runtime.resize?.(task, [bigger]);
    expect(limitsOf("a")).toEqual([String(96 * mebibyte), "20000"]);
    await runtime.resize?.(task, [smaller]);
    await runtime.resize?.(task, [smaller]);
    expect(limitsOf("a")).toEqual([String(32 * mebibyte), "5000"]);
    expect(limitsOf("b")).toEqual(others);
    const [state] = await runtime.list();
    expect(state && containerOf(state, "a")).toMatchObject({ instance: 0, state: { is: "running" } });
    await runtime.kill({ task, container: "a", instance: 0 }, 0);
    await until(runtime, spec.identity, (now) => containerOf(now, "a").state.is === "terminated");
    await runtime.restart(task, "a", 1);
    await until(runtime, spec.identity, isRunning("a", 1));
    expect(limitsOf("a", 1)).toEqual([String(32 * mebibyte), "5000"]);
  });

  it("wait for the next run where they are for later ones alone", async () => {
    await runtime.start(spec);
    await until(runtime, spec.identity, isRunning("a"));
    const later = { container: "a", cpuLimit: 0.2, memoryLimit: 96 * mebibyte, later: true };
    await runtime.resize?.(task, [later]);
    expect(limitsOf("a")).toEqual([String(64 * mebibyte), "10000"]);
    // A run that runs is replaced.
    await runtime.restart(task, "a", 1);
    await until(runtime, spec.identity, isRunning("a", 1));
    expect(limitsOf("a", 1)).toEqual([String(96 * mebibyte), "20000"]);
  });

  it("are refused for a task or a container that there is not", async () => {
    await runtime.start(spec);
    await until(runtime, spec.identity, isRunning("a"));
    const wanted = [{ container: "none", cpuLimit: 0.2 }];
    await expect(runtime.resize?.(task, wanted)).rejects.toMatchObject({ kind: "notFound" });
    const identity = { ...spec.identity, podUid: "none" };
    await expect(runtime.resize?.({ identity }, [{ container: "a" }])).rejects.toMatchObject({ kind: "notFound" });
  });
});
