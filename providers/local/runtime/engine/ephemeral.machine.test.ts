/** Containers that are added to a task which runs, in a real podman. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { systemClock } from "../../../../src/telemetry/clock.ts";
import { startEngine, type TestEngine } from "../../../../test/support/engine.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import { silentLog } from "../../../../test/support/silent-log.ts";
import type { ContainerSpec, Runtime } from "../runtime.ts";
import { createEngineRuntime } from "./engine-runtime.ts";
import { containerOf, discard, hasEnded, isRunning, linesOf, shell, taskOf, testCluster, until } from "./testing.ts";

describeWith(["engine", "root", "namespaces", "busybox"], "containers added to a task on an engine", () => {
  let engine: TestEngine;
  let folder: string;
  let runtime: Runtime;
  const open = (): Promise<Runtime> => {
    const known = { clock: systemClock, log: silentLog, clusterUid: testCluster, nodeName: "edge" };
    return createEngineRuntime({ ...known, host: engine.host, stateDir: folder });
  };
  beforeAll(async () => {
    engine = await startEngine();
    folder = mkdtempSync(join(tmpdir(), "burstlet-ephemeral-"));
    runtime = await open();
  });
  afterEach(async () => {
    for (const { identity } of await runtime.list()) await discard(runtime, identity);
  });
  afterAll(async () => {
    await runtime?.close();
    await engine?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const ephemeral = (name: string, script: string, more: Partial<ContainerSpec> = {}): ContainerSpec =>
    shell(name, script, { kind: "ephemeral", ...more });

  async function running(name: string, script = "echo here > /mnt/v/file; httpd -p 8080 -h /mnt/v; exec sleep 3600") {
    const mounts = [{ volume: "v", path: "/mnt/v", readOnly: false }];
    const volumes = [{ name: "v", kind: "emptyDir", medium: "disk" } as const];
    const spec = taskOf(name, [shell("main", script, { mounts })], { volumes });
    await runtime.start(spec);
    await until(runtime, spec.identity, isRunning("main"));
    return { identity: spec.identity };
  }

  it("share its network and volumes, and end with their own code while the others go on", async () => {
    const task = await running("shared");
    const mounts = [{ volume: "v", path: "/mnt/other", readOnly: true }];
    const script =
      "cat /mnt/other/file; hostname; until wget -qO- http://127.0.0.1:8080/file 2>/dev/null; do sleep 0.1; done; ps | grep -c '[s]leep 3600'; exit 4";
    const before = (await runtime.list())[0];
    await runtime.add?.(task, [ephemeral("debug", script, { mounts })]);
    const state = await until(runtime, task.identity, hasEnded("debug"));
    expect(containerOf(state, "debug")).toMatchObject({ kind: "ephemeral", state: { exitCode: 4, reason: "Error" } });
    expect(await linesOf(runtime, task.identity, "debug")).toEqual(["here", "shared", "here", "0"]);
    expect(state.phase).toBe("running");
    expect(before && containerOf(before, "main")).toEqual(containerOf(state, "main"));
  });

  it("see the processes of the container that is named", async () => {
    const task = await running("target");
    await runtime.add?.(task, [
      ephemeral("debug", "ps | grep '[s]leep 3600'; cat /proc/1/root/mnt/v/file", { target: "main" }),
    ]);
    await until(runtime, task.identity, hasEnded("debug"));
    expect(await linesOf(runtime, task.identity, "debug")).toEqual([
      expect.stringMatching(/^ +1 .*sleep 3600$/),
      "here",
    ]);
  });

  it("can be attached to while they run", async () => {
    const task = await running("attached");
    await runtime.add?.(task, [ephemeral("debug", "read line; echo got $line", { stdin: true, stdinOnce: true })]);
    await until(runtime, task.identity, isRunning("debug"));
    const target = { task, container: "debug", instance: 0 };
    const stream = await runtime.attach?.(target, { stdin: true }, new AbortController().signal);
    stream?.stdin.end("a word\n");
    const parts: Buffer[] = [];
    for await (const part of stream?.stdout ?? []) parts.push(part as Buffer);
    expect(Buffer.concat(parts).toString()).toBe("got a word\n");
    expect(await stream?.exit).toEqual({ code: 0 });
  });

  it("are added once, and known after a restart of burstlet", async () => {
    const task = await running("again");
    const one = ephemeral("debug", "exec sleep 3600");
    await runtime.add?.(task, [one]);
    const first = containerOf(await until(runtime, task.identity, isRunning("debug")), "debug");
    await runtime.add?.(task, [one]);
    await runtime.close();
    runtime = await open();
    const [found] = await runtime.list();
    expect(found && containerOf(found, "debug")).toEqual(first);
    expect(engine.podman("ps", "--quiet", "--filter", "name=-debug-").trim().split("\n")).toHaveLength(1);
  });

  it("keep a task whose main container has ended only while they run, and end with it when it is stopped", async () => {
    const task = await running("ended", "exec sleep 8");
    await runtime.add?.(task, [ephemeral("debug", "trap 'exit 0' TERM; while :; do sleep 0.1 & wait $!; done")]);
    await until(runtime, task.identity, isRunning("debug"));
    const later = await until(runtime, task.identity, hasEnded("main"));
    expect(later.phase).toBe("running");
    await runtime.stop(task, { graceSeconds: 10, discard: false });
    const end = await until(runtime, task.identity, ({ phase }) => phase === "stopped");
    expect(containerOf(end, "debug").state).toMatchObject({ exitCode: 0 });
  });

  it("are refused by a task that ends, and by one that never was", async () => {
    const task = await running("stopping", "trap '' TERM; while :; do sleep 1; done");
    await runtime.stop(task, { graceSeconds: 60, discard: false });
    const one = ephemeral("debug", "true");
    await expect(runtime.add?.(task, [one])).rejects.toMatchObject({ kind: "conflict" });
    const stranger = { identity: { ...task.identity, podUid: "nobody" } };
    await expect(runtime.add?.(stranger, [one])).rejects.toMatchObject({ kind: "notFound" });
  });
});
