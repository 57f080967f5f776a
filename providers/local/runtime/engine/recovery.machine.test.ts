import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { ProviderError, TaskFeed, TaskState } from "../../../../src/provider.ts";
import { systemClock } from "../../../../src/telemetry/clock.ts";
import {
  containerOf,
  discard,
  hasEnded,
  inside,
  isRunning,
  linesOf,
  shell,
  taskOf,
  testCluster,
  until,
} from "./testing.ts";
import { startEngine, type TestEngine } from "../../../../test/support/engine.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import type { Runtime } from "../runtime.ts";
import { createEngineRuntime } from "./engine-runtime.ts";
import { runName, sandboxName, taskName } from "./names.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const quick = { graceSeconds: 0, discard: false };

describeWith(["engine", "root", "namespaces", "busybox"], "the engine runtime after a crash, and at the end", () => {
  let engine: TestEngine;
  let stateDir: string;
  const opened: Runtime[] = [];

  beforeAll(async () => {
    engine = await startEngine();
    stateDir = mkdtempSync(join(tmpdir(), "burstlet-state-"));
  });
  afterAll(async () => {
    await engine?.close();
    rmSync(stateDir, { recursive: true, force: true });
  });
  afterEach(async () => {
    // Two living runtimes on one state folder would undo each other's work.
    await Promise.all(opened.splice(0).map((runtime) => runtime.close()));
    const last = await open();
    for (const state of await last.list()) await discard(last, state.identity);
    await close(last);
    expect(engine.podman("ps", "--all", "--quiet"), "containers are left").toBe("");
    expect(engine.podman("volume", "ls", "--quiet"), "volumes are left").toBe("");
    expect(readdirSync(join(stateDir, "tasks")), "records are left").toEqual([]);
  });

  async function open(): Promise<Runtime> {
    const options = { host: engine.host, stateDir, clock: systemClock, log: silent };
    const runtime = await createEngineRuntime({ ...options, clusterUid: testCluster, nodeName: "edge" });
    opened.push(runtime);
    return runtime;
  }

  async function close(runtime: Runtime): Promise<void> {
    opened.splice(opened.indexOf(runtime), 1);
    await runtime.close();
  }

  it("goes on with a row of containers where the process before stopped", async () => {
    const wait = shell("wait", "while ! test -e /log/go; do sleep 0.1; done", { kind: "init", mounts: [log] });
    const spec = taskOf(
      "half",
      [
        shell("one", "echo 1 >>/log/runs", { kind: "init", mounts: [log] }),
        wait,
        shell("main", "cat /log/runs; sleep 60", { mounts: [log] }),
      ],
      { volumes },
    );
    const first = await open();
    await first.start(spec);
    const before = await until(first, spec.identity, isRunning("wait"));
    await close(first);
    inside(engine, spec.identity, { container: "wait" }, "touch", "/log/go");
    const second = await open();
    const after = await until(second, spec.identity, isRunning("main"));
    expect(after.version).toBeGreaterThan(before.version);
    expect(after.podIPs).toEqual(before.podIPs);
    expect(containerOf(after, "one").containerID).toBe(containerOf(before, "one").containerID);
    await expect.poll(() => linesOf(second, spec.identity, "main")).toEqual(["1"]);
  });

  it("makes one set of containers of many starts at once, in one process and in two", async () => {
    const spec = taskOf("once", [shell("a", "sleep 60"), shell("b", "sleep 60")]);
    const [one, two] = [await open(), await open()];
    await Promise.all([one, two, one, two].map((runtime) => runtime.start(spec)));
    await until(one, spec.identity, (state) => isRunning("a")(state) && isRunning("b")(state));
    await until(two, spec.identity, (state) => isRunning("a")(state) && isRunning("b")(state));
    expect(engine.podman("ps", "--all", "--format", "{{.Names}}").trim().split("\n").toSorted()).toEqual(
      ["a-0", "b-0", "sandbox"].map((name) => `${taskName(spec.identity)}-${name}`),
    );
  });

  it("takes the end of the log for last words where the pod asks for it, after a failure alone", async () => {
    const more = { terminationMessageFallback: true };
    const script = "seq 1 200; printf end";
    const spec = taskOf("words", [shell("bad", `${script}; exit 1`, more), shell("good", script, more)]);
    const local = await open();
    await local.start(spec);
    const state = await until(local, spec.identity, ({ phase }) => phase === "stopped");
    const lines = Array.from({ length: 79 }, (_, index) => String(index + 122));
    expect(containerOf(state, "bad").state).toMatchObject({ exitCode: 1, message: [...lines, "end"].join("\n") });
    expect(containerOf(state, "good").state).not.toHaveProperty("message");
  });

  it("knows how a container ended while nobody looked", async () => {
    const spec = taskOf("away", [shell("a", "until [ -e /go ]; do sleep 0.1; done; exit 42")]);
    const first = await open();
    await first.start(spec);
    await until(first, spec.identity, isRunning("a"));
    await close(first);
    const name = runName(taskName(spec.identity), "a", 0);
    inside(engine, spec.identity, { container: "a" }, "touch", "/go");
    await expect.poll(() => engine.podman("inspect", "--format", "{{.State.Status}}", name).trim()).toBe("exited");
    const [state] = await (await open()).list();
    expect(state).toMatchObject({ phase: "stopped", containers: [{ state: { exitCode: 42, reason: "Error" } }] });
  });

  it("ends what ignores SIGTERM when the grace is over, sidecars after mains, and removes nothing before it is told to", async () => {
    const spec = taskOf("stop", [
      shell("side", "trap 'echo side-term; exit 0' TERM; echo listens; while :; do sleep 0.1; done", {
        kind: "sidecar",
      }),
      shell("deaf", "trap 'echo main-term' TERM; echo listens; while :; do sleep 0.1; done"),
    ]);
    const local = await open();
    await local.start(spec);
    await until(local, spec.identity, isRunning("deaf"));
    for (const name of ["side", "deaf"]) {
      await expect.poll(() => linesOf(local, spec.identity, name)).toEqual(["listens"]);
    }
    expect(await local.stop({ identity: spec.identity }, { graceSeconds: 600, discard: false })).toBe("stopping");
    await expect.poll(() => linesOf(local, spec.identity, "deaf")).toEqual(["listens", "main-term"]);
    expect(await linesOf(local, spec.identity, "side")).toEqual(["listens"]);
    // Less grace shortens what was asked before.
    expect(await local.stop({ identity: spec.identity }, { graceSeconds: 3, discard: false })).toBe("stopping");
    const stopped = await until(local, spec.identity, (state) => state.phase === "stopped");
    expect(containerOf(stopped, "deaf").state).toMatchObject({ exitCode: 137, reason: "Error" });
    expect(containerOf(stopped, "side").state).toMatchObject({ exitCode: 0, reason: "Completed" });
    expect(await linesOf(local, spec.identity, "side")).toEqual(["listens", "side-term"]);
    expect(stopped.podIPs).toHaveLength(1);
    expect(await local.stop({ identity: spec.identity }, quick)).toBe("stopped");
    await expect(local.restart({ identity: spec.identity }, "deaf", 1)).rejects.toMatchObject({ kind: "conflict" });
    expect(await local.stop({ identity: spec.identity }, { graceSeconds: 0, discard: true })).toBe("gone");
    expect(await local.list()).toEqual([]);
  });

  it("keeps a deadline that was set before a crash", async () => {
    const spec = taskOf("deadline", [shell("deaf", "trap '' TERM; while :; do sleep 0.1; done")]);
    const first = await open();
    await first.start(spec);
    await until(first, spec.identity, isRunning("deaf"));
    await first.stop({ identity: spec.identity }, { graceSeconds: 1, discard: false });
    await close(first);
    const state = await until(await open(), spec.identity, (seen) => seen.phase === "stopped");
    expect(containerOf(state, "deaf").state).toMatchObject({ exitCode: 137 });
  });

  it("removes what belongs to one task and nothing of its neighbours", async () => {
    const [leaving, staying] = ["leaving", "staying"].map((name) =>
      taskOf(name, [shell("a", "sleep 60", { mounts: [log] })], { volumes }),
    );
    if (leaving === undefined || staying === undefined) throw new Error("two tasks");
    const local = await open();
    for (const spec of [leaving, staying]) {
      await local.start(spec);
      await until(local, spec.identity, isRunning("a"));
    }
    await discard(local, leaving.identity);
    const left = engine.podman("volume", "ls", "--quiet").trim().split("\n");
    expect(left.map((name) => name.replace(taskName(staying.identity), "")).toSorted()).toEqual(["-0", "-messages"]);
    expect((await local.list()).map(({ podName }) => podName)).toEqual(["staying"]);
  });

  it("is done at once with a task that never existed", async () => {
    const { identity } = taskOf("never", []);
    const local = await open();
    expect(await local.stop({ identity }, { graceSeconds: 30, discard: true })).toBe("gone");
    await expect(local.restart({ identity }, "a", 1)).rejects.toMatchObject({ kind: "notFound" });
  });

  it("shows and ends a task whose record is lost, from the engine alone", async () => {
    const spec = taskOf("lost", [shell("a", "sleep 60"), shell("b", "true")]);
    const first = await open();
    await first.start(spec);
    const before = await until(first, spec.identity, (state) => isRunning("a")(state) && hasEnded("b")(state));
    await close(first);
    rmSync(join(stateDir, "tasks"), { recursive: true });
    const second = await open();
    const [after] = await second.list();
    expect(after).toMatchObject({ ...before, podIPs: [], version: expect.any(Number) });
    await expect(second.restart({ identity: spec.identity }, "b", 1)).rejects.toMatchObject({
      reason: "TaskRecordLost",
    });
  });

  it("invents no exit code for a container that somebody else removed, and starts it no second time", async () => {
    const spec = taskOf("removed", [shell("a", "sleep 60")]);
    const local = await open();
    await local.start(spec);
    await until(local, spec.identity, isRunning("a"));
    engine.podman("rm", "--force", "--time", "0", runName(taskName(spec.identity), "a", 0));
    const state = await until(local, spec.identity, hasEnded("a"));
    expect(containerOf(state, "a").state).toMatchObject({ exitCode: undefined, reason: "ContainerStatusUnknown" });
    await local.list();
    const name = runName(taskName(spec.identity), "a", 0);
    expect(engine.podman("ps", "--all", "--quiet", "--filter", `name=${name}`)).toBe("");
  });

  it("tells why a sandbox does not start, and tries again with growing pauses, whatever the engine's events say", async () => {
    const runtime = await open();
    const spec = taskOf("stuck", [shell("main", "sleep 1000")], {
      sysctls: [{ name: "net.ipv4.no_such", value: "1" }],
    });
    const since = systemClock.monotonic();
    await runtime.start(spec);
    const stuck = await until(runtime, spec.identity, ({ reason }) => reason !== undefined);
    expect(stuck).toMatchObject({ reason: "FailedCreatePodSandBox", phase: "starting" });
    expect(stuck.message).toMatch(/no_such/);
    const tries = (): number =>
      engine
        .podman("events", "--stream=false", "--filter", "event=create", "--format", "{{.Name}}")
        .split("\n")
        .filter((name) => name === sandboxName(taskName(spec.identity))).length;
    await eventually("it is tried a third time", () => tries() >= 3);
    // Pauses of 1 s and 2 s; without them there would be hundreds of tries.
    expect(systemClock.monotonic() - since).toBeGreaterThan(3_000);
    expect(tries()).toBeLessThan(6);
    const cured = { ...spec, identity: { ...spec.identity, attempt: 2 }, sysctls: [] };
    await discard(runtime, spec.identity);
    await runtime.start(cured);
    await until(runtime, cured.identity, isRunning("main"));
    await discard(runtime, cured.identity);
  });

  it("tells that the engine is away, how to help, and goes on when it is back", async () => {
    const spec = taskOf("engineaway", [shell("a", "until [ -e /go ]; do sleep 0.1; done; exit 5")]);
    const local = await open();
    await local.start(spec);
    await until(local, spec.identity, isRunning("a"));
    const told: (ProviderError | undefined)[] = [];
    const stop = new AbortController();
    const states = new Map<string, TaskState>();
    const feed: TaskFeed = {
      task: (state) => void states.set(state.podName, state),
      gone: () => expect.unreachable("an engine that is away has lost no task"),
      synced() {},
      health: (trouble) => told.push(trouble),
    };
    const watching = local.watch(feed, stop.signal);
    await engine.stopService();
    await expect.poll(() => told.at(-1)?.reason).toBe("EngineUnavailable");
    expect(told.at(-1)).toMatchObject({ kind: "transient", message: expect.stringContaining("DOCKER_HOST") });
    await expect(local.list()).rejects.toMatchObject({ kind: "transient", reason: "EngineUnavailable" });
    await expect(local.start(taskOf("later", [shell("a", "exit 6")]))).rejects.toMatchObject({ kind: "transient" });
    inside(engine, spec.identity, { container: "a" }, "touch", "/go");
    await engine.startService();
    await expect.poll(() => told.at(-1)).toBeUndefined();
    // Both what ran on meanwhile and what was asked for meanwhile.
    const ended = (pod: string) => states.get(pod)?.containers[0]?.state;
    await expect.poll(() => ended("engineaway")).toMatchObject({ exitCode: 5 });
    await expect.poll(() => ended("later")).toMatchObject({ exitCode: 6 });
    stop.abort();
    await watching;
  });
});

const volumes = [{ name: "log", kind: "emptyDir", medium: "disk" }] as const;
const log = { volume: "log", path: "/log", readOnly: false };
