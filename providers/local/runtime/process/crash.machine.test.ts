import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { systemClock } from "../../../../src/telemetry/clock.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import { silentLog } from "../../../../test/support/silent-log.ts";
import { specEnv } from "../../../../test/support/tasks/task-specs.ts";
import type { TaskState } from "../../../../src/provider.ts";
import type { TaskSpec } from "../runtime.ts";
import { createProcessRuntime } from "./process-runtime.ts";
import {
  deaf,
  endOf,
  hasEnded,
  isRunning,
  isStopped,
  logText,
  openWorld,
  shell,
  stateOf,
  untilReady,
  type World,
} from "./testing.ts";

describeWith(["root", "namespaces", "busybox"], "the process runtime after a SIGKILL", () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld();
  });
  afterEach(() => world.close());

  const supervisors = (): number[] =>
    world
      .leftovers()
      .filter((line) => line.includes("supervisor-main.ts"))
      .map((line) => Number(/process (\d+)/.exec(line)?.[1]));
  const killSupervisor = async (): Promise<void> => {
    // For a moment there may be more: one that finds the lock taken, or a child between fork and exec.
    const [pid] = await eventually("one supervisor", () => supervisors().length === 1 && supervisors());
    process.kill(pid as number, "SIGKILL");
    // Who watches has the next one started already.
    await eventually("the supervisor is dead", () => !supervisors().includes(pid as number));
  };
  const diskVolume = [{ name: "v", kind: "emptyDir", medium: "disk" }] as const;
  const mounts = [{ volume: "v", path: "/v", readOnly: false }];
  const volumeFile = (id: string, name: string): string =>
    readFileSync(join(world.options.stateDir, "tasks", id, "volumes/v", name), "utf8");

  it("of the client loses nothing of 20 tasks: neither processes nor output nor exit codes", async () => {
    const tasks = Array.from({ length: 20 }, (_, n) =>
      world.task(`c${n}`, [shell(n % 2 === 0 ? `echo on; sleep 1000` : `echo off; sleep 1; echo late; exit ${n}`)]),
    );
    const client = spawn(process.execPath, ["--input-type=module", "--eval", clientProgram(world, tasks)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => client.stdout.once("data", resolve));
    client.kill("SIGKILL");
    await new Promise((resolve) => client.once("close", resolve));

    const before = await Promise.all(
      tasks.map((task) => world.until(task, (state) => stateOf(state).state.is !== "waiting")),
    );
    for (const task of tasks.filter((_, n) => n % 2 === 1)) await world.until(task, isStopped);
    for (const [n, task] of tasks.entries()) {
      const state = await world.state(task);
      expect(stateOf(state)).toMatchObject({ instance: 0, containerID: stateOf(before[n]).containerID });
      if (n % 2 === 0) expect(stateOf(state).state.is).toBe("running");
      else expect(endOf(state)).toMatchObject({ exitCode: n, reason: "Error" });
      expect(await logText(world.runtime, task)).toBe(n % 2 === 0 ? "on\n" : "off\nlate\n");
    }
    expect(new Set(before.flatMap(({ podIPs }) => podIPs)).size).toBe(20);
  });

  it("of the supervisor makes running containers unknown, keeps known ends, and leaves no process", async () => {
    const env = specEnv({ MARK: `${world.id}-here` });
    const ended = world.task("ended", [shell("exit 4")]);
    const mixed = world.task("mixed", [shell("sleep 1000", { env }), shell("exit 6", { name: "done" })]);
    const initial = world.task(
      "initial",
      [
        shell("test -e /v/x && exit 0; touch /v/x; sleep 1000", { name: "init", kind: "init", mounts, env }),
        shell("exit 8"),
      ],
      { volumes: diskVolume },
    );
    for (const task of [ended, mixed, initial]) await world.runtime.start(task);
    await world.until(ended, isStopped);
    await world.until(mixed, hasEnded("done"));
    const old = await world.until(mixed, isRunning("main"));
    const { id } = await world.until(initial, isRunning("init"));
    // It runs before its shell has done anything.
    await eventually("it has left its mark", () => hasFile(() => volumeFile(id, "x")));
    await killSupervisor();
    // Also before anybody starts a new one.
    await eventually("no container is left", () => world.leftovers().every((line) => !line.startsWith("process")));

    expect(endOf(await world.state(ended))).toMatchObject({ exitCode: 4, reason: "Error" });
    const state = (await world.state(mixed)) as TaskState;
    expect(state).toMatchObject({ phase: "stopped", podIPs: old.podIPs });
    expect(state.version).toBeGreaterThan(old.version);
    expect(endOf(state).exitCode).toBeUndefined();
    expect(endOf(state)).toMatchObject({ reason: "ContainerStatusUnknown" });
    expect(endOf(state, "done")).toMatchObject({ exitCode: 6 });
    // The log of the run that was cut off is complete: a follow ends.
    expect(await logText(world.runtime, mixed, { follow: true })).toBe("");

    const waiting = (await world.state(initial)) as TaskState;
    expect(endOf(waiting, "init").exitCode).toBeUndefined();
    expect(stateOf(waiting).state).toEqual({ is: "waiting", reason: "PodInitializing" });
    await world.runtime.restart(initial, "init", 1);
    const after = await world.until(initial, isStopped);
    expect([endOf(after, "init"), endOf(after)].map(({ exitCode }) => exitCode)).toEqual([0, 8]);
    await world.runtime.restart(mixed, "main", 1);
    expect((await world.until(mixed, isRunning("main"))).podIPs).toEqual(old.podIPs);
  });

  it("of the supervisor at any moment of a start runs nothing twice and invents no exit code", async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 7; round += 1) {
      const task = world.task(`r${round}`, [shell("echo run >>/v/runs; exit 3", { mounts })], { volumes: diskVolume });
      const starting = world.runtime.start(task).catch(() => undefined);
      await systemClock.sleep(round * 12);
      await killSupervisor();
      await starting;
      // A client in doubt asks again.
      const { id } = await world.runtime.start(task);
      const end = endOf(await world.until(task, isStopped));
      expect([3, undefined]).toContain(end.exitCode);
      expect(end.reason).toBe(end.exitCode === 3 ? "Error" : "ContainerStatusUnknown");
      const runs = end.exitCode === 3 || (await hasFile(() => volumeFile(id, "runs"))) ? volumeFile(id, "runs") : "";
      expect(["", "run\n"]).toContain(runs);
      outcomes.add(`${end.reason} ${runs.trim()}`);
    }
    // The moments were spread wide enough to mean something.
    expect(outcomes).toContain("Error run");
  });

  it("of the supervisor goes unnoticed by a watcher but for the truth", async () => {
    const task = world.task("watched", [shell("sleep 1000")]);
    await world.runtime.start(task);
    const told: (number | string | undefined)[] = [];
    const stop = new AbortController();
    const watching = world.runtime.watch(
      {
        task: (state) =>
          told.push(stateOf(state).state.is === "terminated" ? endOf(state).reason : stateOf(state).state.is),
        gone: () => told.push("gone"),
        synced: () => told.push("synced"),
        health: (trouble) => told.push(trouble?.reason),
      },
      stop.signal,
    );
    await eventually("running", () => told.includes("running"));
    await killSupervisor();
    await eventually("the truth", () => told.includes("ContainerStatusUnknown"));
    await world.discard(task);
    await eventually("gone", () => told.includes("gone"));
    stop.abort();
    await watching;
    expect(told.filter((word) => word === "synced")).toHaveLength(1);
    expect(told.at(-1)).toBe("gone");
  });

  it("of the supervisor while a task is being stopped leaves a stopped task", async () => {
    const task = world.task("stopping", [shell(deaf)]);
    await world.runtime.start(task);
    await untilReady(world.runtime, task);
    await world.runtime.stop(task, { graceSeconds: 300, discard: false });
    await killSupervisor();
    expect(endOf(await world.until(task, isStopped)).exitCode).toBeUndefined();
    expect(await world.runtime.stop(task, { graceSeconds: 300, discard: true })).toBe("gone");
  });

  it("or without: two clients that start at the same moment share one supervisor, and one task", async () => {
    await killSupervisor();
    const others = await Promise.all([1, 2, 3].map(() => createProcessRuntime(world.options)));
    const task = world.task("twice", [shell("echo run >>/v/runs; sleep 0.2", { mounts })], { volumes: diskVolume });
    const states = await Promise.all([...others, world.runtime].map((runtime) => runtime.start(task)));
    expect(new Set(states.map(({ id }) => id)).size).toBe(1);
    await world.until(task, isStopped);
    expect(volumeFile(states[0]?.id ?? "", "runs")).toBe("run\n");
    await eventually("one supervisor", () => supervisors().length === 1);
    await Promise.all(others.map((runtime) => runtime.close()));
  });
});

describeWith(["root", "namespaces", "busybox"], "a supervisor without work", () => {
  it("ends by itself, leaves nothing on the host, and what it knew is still known", async () => {
    const world = await openWorld({ supervisorIdleMs: 300 });
    const task = world.task("idle", [shell("echo out; exit 9")]);
    await world.runtime.start(task);
    await world.until(task, isStopped);
    await world.runtime.close();
    await eventually("nothing is left", () => world.leftovers().length === 0);

    const again = await createProcessRuntime({ ...world.options, log: silentLog });
    expect((await again.list()).map((state) => endOf(state).exitCode)).toEqual([9]);
    expect(await logText(again, task)).toBe("out\n");
    await again.close();
    await world.close();
  });

  it("removes its state directory with the last task, and is there again when it is needed", async () => {
    const world = await openWorld({ supervisorIdleMs: 300 });
    const task = world.task("last", [shell("exit 0")]);
    await world.runtime.start(task);
    await world.until(task, isStopped);
    await world.discard(task);
    await world.runtime.close();
    await eventually("its directory is gone", () => !existsSync(world.options.stateDir));
    const clients = await Promise.all([1, 2, 3].map(() => createProcessRuntime(world.options)));
    await clients[0]?.start(task);
    await eventually("it ran again", async () => (await clients[1]?.list())?.every(isStopped) === true);
    await Promise.all(clients.map((client) => client.close()));
    writeFileSync(join(world.options.stateDir, "mine"), "");
    const last = await createProcessRuntime(world.options);
    await eventually("it is gone", async () => (await last.stop(task, { graceSeconds: 0, discard: true })) === "gone");
    await last.close();
    await eventually("all but what is not its own is gone", () => readdirSync(world.options.stateDir).length === 1);
    await world.close();
  });

  it("ends with all its containers when its state directory is deleted, because nobody can reach it any more", async () => {
    const world = await openWorld();
    const task = world.task("deleted", [shell("sleep 1000")]);
    await world.runtime.start(task);
    await world.until(task, isRunning("main"));
    await world.runtime.close();
    rmSync(world.options.stateDir, { recursive: true });
    await eventually("nothing is left", () => world.leftovers().length === 0);
  });

  it("stays while a container runs", async () => {
    const world = await openWorld({ supervisorIdleMs: 100 });
    const task = world.task("busy", [shell("sleep 4; exit 2")]);
    await world.runtime.start(task);
    await world.until(task, isRunning("main"));
    await world.runtime.close();
    await eventually("nothing is left", () => world.leftovers().length === 0);
    const again = await createProcessRuntime(world.options);
    expect((await again.list()).map((state) => endOf(state).exitCode)).toEqual([2]);
    await again.close();
    await world.close();
  });
});

async function hasFile(read: () => string): Promise<boolean> {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

/** Starts the tasks, says so, and waits to be killed. */
function clientProgram(world: World, tasks: readonly TaskSpec[]): string {
  const { stateDir, bridge, subnet } = world.options;
  const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  return `
    import { createProcessRuntime } from ${url("./process-runtime.ts")};
    import { systemClock as clock } from ${url("../../../../src/telemetry/clock.ts")};
    import { silentLog as log } from ${url("../../../../test/support/silent-log.ts")};
    const runtime = await createProcessRuntime({ ...${JSON.stringify({ stateDir, bridge, subnet })}, clock, log });
    await Promise.all(${JSON.stringify(tasks)}.map((task) => runtime.start(task)));
    console.log("started");
    await new Promise(() => setInterval(() => undefined, 1000));`;
}
