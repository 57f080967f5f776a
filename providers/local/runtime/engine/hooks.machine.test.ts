/** Lifecycle hooks in a real podman. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { TaskIdentity, TaskState } from "../../../../src/provider.ts";
import { systemClock } from "../../../../src/telemetry/clock.ts";
import { startEngine, type TestEngine } from "../../../../test/support/engine.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import { silentLog } from "../../../../test/support/silent-log.ts";
import type { HookSpec } from "../../../hooks/hook-spec.ts";
import type { ContainerSpec, Runtime } from "../runtime.ts";
import { createEngineRuntime } from "./engine-runtime.ts";
import { containerOf, discard, hasEnded, isRunning, linesOf, shell, taskOf, testCluster, until } from "./testing.ts";

/** Ends at SIGTERM, once `up` is there, and says so, as process 1 of a container. */
const patient = "trap 'echo term >> /mnt/v/log; exit 0' TERM; touch /mnt/v/up; while :; do sleep 0.1 & wait $!; done";
const hook = (script: string): HookSpec => ({ kind: "exec", argv: ["sh", "-c", script] });
const isUp = "until [ -e /mnt/v/up ]; do sleep 0.1; done";
/** Of a patient one: it runs once it hears SIGTERM. */
const whenUp = { postStart: hook(isUp) };
const mounts = [{ volume: "v", path: "/mnt/v", readOnly: false }];

describeWith(["engine", "root", "namespaces", "busybox"], "hooks on an engine", () => {
  let engine: TestEngine;
  let folder: string;
  let runtime: Runtime;
  const open = (): Promise<Runtime> => {
    const known = { clock: systemClock, log: silentLog, clusterUid: testCluster, nodeName: "edge" };
    return createEngineRuntime({ ...known, host: engine.host, stateDir: folder });
  };
  beforeAll(async () => {
    engine = await startEngine();
    folder = mkdtempSync(join(tmpdir(), "burstlet-hooks-"));
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

  /** A task of these containers, which all have the volume `v`, and one more that tells what is in its `log`. */
  async function started(name: string, ...containers: ContainerSpec[]) {
    const spec = taskOf(
      name,
      containers.map((one) => ({ ...one, mounts })),
      {
        volumes: [{ name: "v", kind: "emptyDir", medium: "disk" }],
        graceSeconds: 10,
      },
    );
    await runtime.start(spec);
    return spec.identity;
  }

  const ended = (state: TaskState): boolean => state.phase === "stopped";

  /** A container runs a moment before its shell has set a trap, and process 1 hears no signal without one. */
  const listens = async (identity: TaskIdentity, container: string): Promise<void> =>
    expect.poll(() => linesOf(runtime, identity, container)).toEqual(["listens"]);

  it("shows a container as running only after its postStart hook, and starts the next one then", async () => {
    const identity = await started(
      "ordered",
      shell("a", "exec sleep 3600", { postStart: hook("sleep 1; echo hook >> /mnt/v/log") }),
      shell("b", "echo b >> /mnt/v/log; cat /mnt/v/log; exec sleep 3600"),
    );
    const first = await until(runtime, identity, isRunning("a"));
    const running = containerOf(first, "a").state;
    const state = await until(runtime, identity, isRunning("b"));
    expect(await expectLines(identity, "b")).toEqual(["hook", "b"]);
    // The start is that of the container, not of the end of its hook.
    expect(containerOf(state, "a").state).toEqual(running);
  });

  async function expectLines(identity: TaskIdentity, container: string): Promise<string[]> {
    await expect.poll(() => linesOf(runtime, identity, container)).not.toEqual([]);
    return linesOf(runtime, identity, container);
  }

  it("ends a container whose postStart hook fails, and says why", async () => {
    const identity = await started("failing", shell("a", patient, { postStart: hook(`${isUp}; exit 3`) }));
    const state = await until(runtime, identity, hasEnded("a"));
    const { hookFailures, state: run } = containerOf(state, "a");
    expect(hookFailures?.postStart).toMatch(/exited with 3$/);
    expect(run).toMatchObject({ is: "terminated", exitCode: 0 });
  });

  it("runs a preStop hook before SIGTERM, and a failure of it changes nothing", async () => {
    const identity = await started(
      "stopping",
      shell("a", patient, {
        ...whenUp,
        preStop: hook("echo hook >> /mnt/v/log; cat /mnt/v/log > /proc/1/fd/1; exit 1"),
      }),
    );
    await until(runtime, identity, isRunning("a"));
    await runtime.stop({ identity }, { graceSeconds: 20, discard: false });
    const state = await until(runtime, identity, ended);
    expect(containerOf(state, "a").state).toMatchObject({ exitCode: 0 });
    expect(containerOf(state, "a").hookFailures?.preStop).toMatch(/exited with 1$/);
    // No `term`: the signal came after the hook.
    expect(await linesOf(runtime, identity, "a")).toEqual(["hook"]);
  });

  it("counts a preStop hook against the grace, and ends its container two seconds after it", async () => {
    const identity = await started(
      "long",
      shell("a", patient, { ...whenUp, preStop: { kind: "sleep", seconds: 600 } }),
    );
    await until(runtime, identity, isRunning("a"));
    await runtime.stop({ identity }, { graceSeconds: 2, discard: false });
    const state = await until(runtime, identity, ended);
    expect(containerOf(state, "a").state).toMatchObject({ exitCode: 0 });
  });

  it("runs no preStop hook when a container ends by itself", async () => {
    const preStop = hook("echo hook >> /mnt/v/log");
    const identity = await started(
      "natural",
      shell("a", "sleep 0.5", { preStop }),
      shell("b", "sleep 2; cat /mnt/v/log 2>/dev/null; echo end"),
    );
    await until(runtime, identity, ended);
    expect(await linesOf(runtime, identity, "b")).toEqual(["end"]);
  });

  it("runs a preStop hook when its container is ended alone", async () => {
    const identity = await started(
      "alone",
      shell("a", patient, { ...whenUp, preStop: hook("echo hook > /proc/1/fd/1") }),
    );
    await until(runtime, identity, isRunning("a"));
    await runtime.kill({ task: { identity }, container: "a", instance: 0 }, 10);
    await until(runtime, identity, hasEnded("a"));
    expect(await linesOf(runtime, identity, "a")).toEqual(["hook"]);
  });

  it("asks the container itself by HTTP, whatever the answer", async () => {
    const get = (path: string): HookSpec => ({
      kind: "http",
      scheme: "http",
      port: 8080,
      path,
      headers: [{ name: "X-Hook", value: "yes" }],
    });
    const server = "mkdir -p /w; httpd -f -v -p 8080 -h /w";
    const late = "sleep 0.2; touch /w/started";
    const identity = await started(
      "http",
      shell("a", `${server} 2>&1 & ${late}; exec sleep 3600`, {
        postStart: hook("until [ -e /w/started ]; do sleep 0.1; done"),
      }),
      shell("b", "exec sleep 3600", { postStart: get("/nothing"), preStop: get("/bye") }),
    );
    await until(runtime, identity, isRunning("b"));
    await runtime.kill({ task: { identity }, container: "b", instance: 0 }, 1);
    const state = await until(runtime, identity, hasEnded("b"));
    expect(containerOf(state, "b").hookFailures).toBeUndefined();
    await expect.poll(async () => (await linesOf(runtime, identity, "a")).join("\n")).toMatch(/404/);
  });

  it("a hook that asks where nobody listens has failed", async () => {
    const postStart: HookSpec = { kind: "http", scheme: "http", port: 81, path: "/", headers: [] };
    const identity = await started("deaf", shell("a", patient, { postStart }));
    const state = await until(runtime, identity, hasEnded("a"));
    expect(containerOf(state, "a").hookFailures?.postStart).toContain("nothing listens on port 81");
  });

  it("sidecars end after the others and against their order, with hooks that begin at once", async () => {
    const side = (name: string): ContainerSpec =>
      shell(name, `trap 'echo ${name} ends >> /mnt/v/log; exit 0' TERM; while :; do sleep 0.1 & wait $!; done`, {
        kind: "sidecar",
        preStop: hook(`echo ${name} hook >> /mnt/v/log`),
      });
    const identity = await started(
      "sidecars",
      side("one"),
      side("two"),
      shell(
        "main",
        "trap 'sleep 3; echo main ends >> /mnt/v/log; exit 0' TERM; echo listens; while :; do sleep 0.1 & wait $!; done",
      ),
    );
    await until(runtime, identity, isRunning("main"));
    await listens(identity, "main");
    const log = (): string =>
      engine
        .podman("volume", "ls", "--quiet")
        .split("\n")
        .find((name) => name.endsWith("-0")) ?? "";
    const volume = engine.podman("volume", "inspect", "--format", "{{.Mountpoint}}", log()).trim();
    await runtime.stop({ identity }, { graceSeconds: 20, discard: false });
    await until(runtime, identity, ended);
    const lines = readFileSync(join(volume, "log"), "utf8").trim().split("\n");
    expect(lines.slice(0, 2).toSorted()).toEqual(["one hook", "two hook"]);
    expect(lines.slice(2)).toEqual(["main ends", "two ends", "one ends"]);
  });

  it("goes on with a hook after a restart of burstlet", async () => {
    const postStart = hook(
      "echo begun >> /mnt/v/log; until [ -e /mnt/v/go ]; do sleep 0.1; done; echo done >> /mnt/v/log",
    );
    const identity = await started("again", shell("a", "exec sleep 3600", { postStart }));
    const told = (): Promise<string> => Promise.resolve(engine.podman("ps", "--quiet", "--filter", "name=-a-0"));
    await expect.poll(told).not.toBe("");
    const id = (await told()).trim();
    await expect.poll(() => engine.podman("exec", id, "sh", "-c", "cat /mnt/v/log 2>/dev/null || :")).toBe("begun\n");
    await runtime.close();
    runtime = await open();
    engine.podman("exec", id, "touch", "/mnt/v/go");
    await until(runtime, identity, isRunning("a"));
    // At least once: the first may have gone on, or not.
    expect(engine.podman("exec", id, "cat", "/mnt/v/log")).toContain("done\n");
  });

  it("ends a container by the signal of its own", async () => {
    const script = "trap 'exit 0' USR1; trap 'exit 9' TERM; echo listens; while :; do sleep 0.1 & wait $!; done";
    const identity = await started("signal", shell("a", script, { stopSignal: "SIGUSR1" }));
    await until(runtime, identity, isRunning("a"));
    await listens(identity, "a");
    await runtime.stop({ identity }, { graceSeconds: 10, discard: false });
    const state = await until(runtime, identity, ended);
    expect(containerOf(state, "a").state).toMatchObject({ exitCode: 0 });
  });
});
