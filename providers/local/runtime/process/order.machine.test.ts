import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { HookSpec } from "../../../hooks/hook-spec.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import {
  deaf,
  endOf,
  hasEnded,
  isRunning,
  isStopped,
  logText,
  shell,
  stateOf,
  untilReady,
  useWorld,
} from "./testing.ts";

/** Says its end in `/v/row`. `isUp` is run once it heeds SIGTERM, `first` before it says so. */
const untilTerm = (name: string, isUp: string, first = ""): string =>
  `trap '${first}echo ${name}-end >>/v/row; exit 0' TERM; ${isUp}; while :; do sleep 0.05; done`;

describeWith(["root", "namespaces", "busybox"], "the order of starts and ends in the process runtime", () => {
  const world = useWorld();

  it("runs init containers in order, a sidecar in its place, then all mains, and ends the sidecar last", async () => {
    const say = (name: string, more = "") => `echo ${name} >>/v/row; ${more}`;
    const mounts = [{ volume: "v", path: "/v", readOnly: false }];
    const side = untilTerm("side", "echo side >>/v/row");
    const main = untilTerm("main", "echo main >>/v/row", "sleep 0.3; ");
    const task = world().task(
      "row",
      [
        shell(say("one", "sleep 0.1"), { name: "one", kind: "init", mounts }),
        shell(side, { name: "side", kind: "sidecar", mounts }),
        shell(say("two", "sleep 0.2"), { name: "two", kind: "init", mounts }),
        shell(main, { name: "main", mounts }),
      ],
      { volumes: [{ name: "v", kind: "emptyDir", medium: "disk" }] },
    );
    const first = await world().runtime.start(task);
    expect(first.containers.map(({ state }) => state)).toEqual(
      first.containers.map(() => ({ is: "waiting", reason: "PodInitializing" })),
    );
    const row = (): string => readFileSync(join(world().options.stateDir, "tasks", first.id, "volumes/v/row"), "utf8");
    await world().until(
      task,
      (state) => isRunning("main")(state) && state.phase === "running" && row().includes("main"),
    );
    expect(await world().runtime.stop(task, { graceSeconds: 10, discard: false })).toBe("stopping");
    const state = await world().until(task, isStopped);
    expect(row().split("\n").filter(Boolean)).toEqual(["one", "side", "two", "main", "main-end", "side-end"]);
    expect([endOf(state), endOf(state, "side")].map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  });

  it("runs hooks in their order, asks the task itself by HTTP, and ends sidecars last", async () => {
    const mounts = [{ volume: "v", path: "/v", readOnly: false }];
    const hook = (line: string): HookSpec => ({ kind: "exec", argv: ["sh", "-c", `${line} >>/v/row`] });
    const asked: HookSpec = { kind: "http", scheme: "http", port: 8080, path: "/no", headers: [] };
    const task = world().task(
      "hooks",
      [
        shell(`httpd -p 8080; ${untilTerm("side", "touch /v/side")}`, {
          name: "side",
          kind: "sidecar",
          mounts,
          postStart: hook("until [ -e /v/side ]; do sleep 0.05; done; echo side-up"),
          preStop: hook("echo side-hook"),
        }),
        // Both hooks have begun when this one ends.
        shell(untilTerm("main", "touch /v/main"), {
          name: "main",
          mounts,
          postStart: asked,
          preStop: hook("until [ -e /v/main ] && grep -q side-hook /v/row; do sleep 0.05; done; echo main-hook"),
        }),
      ],
      { volumes: [{ name: "v", kind: "emptyDir", medium: "disk" }] },
    );
    const { id } = await world().runtime.start(task);
    await world().until(task, isRunning("main"));
    await world().runtime.stop(task, { graceSeconds: 10, discard: false });
    const state = await world().until(task, isStopped);
    const row = readFileSync(join(world().options.stateDir, "tasks", id, "volumes/v/row"), "utf8");
    expect(row.trim().split("\n")).toEqual(["side-up", "side-hook", "main-hook", "main-end", "side-end"]);
    expect(state.containers.map(({ hookFailures }) => hookFailures)).toEqual([undefined, undefined]);
  });

  it("waits after a failed init container, and a restart of it goes on with the row", async () => {
    const mounts = [{ volume: "v", path: "/v", readOnly: false }];
    const task = world().task(
      "again",
      [
        shell("echo try; test -e /v/x || { touch /v/x; exit 7; }", { name: "init", kind: "init", mounts }),
        shell("echo ran"),
      ],
      { volumes: [{ name: "v", kind: "emptyDir", medium: "disk" }] },
    );
    await world().runtime.start(task);
    const failed = await world().until(task, hasEnded("init"));
    expect(failed.phase).toBe("starting");
    expect(stateOf(failed).state).toEqual({ is: "waiting", reason: "PodInitializing" });
    await world().runtime.restart(task, "init", 1);
    await world().runtime.restart(task, "init", 1);
    const state = await world().until(task, isStopped);
    expect(stateOf(state, "init")).toMatchObject({ instance: 1, state: { exitCode: 0 }, last: { exitCode: 7 } });
    expect(endOf(state).exitCode).toBe(0);
    expect(await logText(world().runtime, task, { container: "init", instance: 0 })).toBe("try\n");
    expect(await logText(world().runtime, task, { container: "init", instance: 1 })).toBe("try\n");
  });

  it("restarts a main container in place, once for each instance, with a fresh root and the same address", async () => {
    const task = world().task("restart", [shell("ls /left; touch /left; exit 5")]);
    await world().runtime.start(task);
    const first = await world().until(task, isStopped);
    await Promise.all([world().runtime.restart(task, "main", 1), world().runtime.restart(task, "main", 1)]);
    const second = await world().until(task, (state) => isStopped(state) && stateOf(state).instance === 1);
    expect(second.podIPs).toEqual(first.podIPs);
    expect(second.version).toBeGreaterThan(first.version);
    expect(stateOf(second).last).toEqual(endOf(first));
    expect(stateOf(second).containerID).not.toBe(stateOf(first).containerID);
    expect(await logText(world().runtime, task, { instance: 1 })).toContain("No such file");
    await world().runtime.restart(task, "main", 2);
    await world().until(task, (state) => isStopped(state) && stateOf(state).instance === 2);
    await expect(logText(world().runtime, task, { instance: 0 })).rejects.toMatchObject({ kind: "notFound" });
  });

  it("refuses to restart what still runs, what is unknown, and what is being stopped", async () => {
    const task = world().task("no-restart", [shell("sleep 100")]);
    await world().runtime.start(task);
    await world().until(task, isRunning("main"));
    await expect(world().runtime.restart(task, "main", 1)).rejects.toMatchObject({ kind: "conflict" });
    await expect(world().runtime.restart(task, "nobody", 1)).rejects.toMatchObject({ kind: "notFound" });
    await world().runtime.stop(task, { graceSeconds: 5, discard: false });
    await world().until(task, isStopped);
    await expect(world().runtime.restart(task, "main", 1)).rejects.toMatchObject({ kind: "conflict" });
  });

  it.for([
    ["ends at once on SIGTERM", "echo ready; exec sleep 100", 30, { exitCode: 143, signal: 15 }],
    ["is killed at once with grace 0", deaf, 0, { exitCode: 137, signal: 9 }],
    ["is killed after its grace when it ignores SIGTERM", deaf, 1, { exitCode: 137, signal: 9 }],
  ] as const)("stop: a container %s", async ([, script, graceSeconds, end]) => {
    const task = world().task("stop", [shell(script)]);
    await world().runtime.start(task);
    await untilReady(world().runtime, task);
    const begin = performance.now();
    await world().runtime.stop(task, { graceSeconds, discard: false });
    expect(endOf(await world().until(task, isStopped))).toMatchObject(end);
    const took = performance.now() - begin;
    if (end.signal === 9) expect(took).toBeGreaterThanOrEqual(graceSeconds * 1000);
    // Far from the grace of the first one.
    expect(took).toBeLessThan(15_000);
  });

  it("kills a single run without grace by SIGKILL alone, so that its exit code is no race of two signals", async () => {
    const task = world().task("kill", [shell("trap 'exit 5' TERM; echo ready; sleep 100 & wait")]);
    await world().runtime.start(task);
    await untilReady(world().runtime, task);
    await world().runtime.kill({ task, container: "main", instance: 0 }, 0);
    expect(endOf(await world().until(task, isStopped))).toMatchObject({ exitCode: 137, signal: 9 });
  });

  it.for(["trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done", "echo ready; exec sleep 100"])(
    "a signal to process 1, sent from inside, reaches the program: %s",
    async (script) => {
      const task = world().task("inside", [shell(script)]);
      await world().runtime.start(task);
      await untilReady(world().runtime, task);
      const target = { task, container: "main", instance: 0 };
      const command = { argv: ["sh", "-c", "sleep 0.1; kill -TERM 1"], tty: false, stdin: false };
      const stream = await world().runtime.exec?.(target, command, new AbortController().signal);
      stream?.exit.catch(() => undefined);
      const { exitCode } = endOf(await world().until(task, isStopped));
      expect(exitCode).toBe(script.startsWith("trap") ? 5 : 143);
    },
  );

  it("shortens the grace when asked again with less, and never lengthens it", async () => {
    const task = world().task("shorten", [shell(deaf)]);
    await world().runtime.start(task);
    await untilReady(world().runtime, task);
    for (const graceSeconds of [300, 0.2, 300]) await world().runtime.stop(task, { graceSeconds, discard: false });
    expect(endOf(await world().until(task, isStopped))).toMatchObject({ exitCode: 137 });
  });

  it("answers a stop of an unknown task with gone, and of a known one with stopped until it is discarded", async () => {
    const task = world().task("gone", [shell("exit 0")]);
    const stop = (discard: boolean) => world().runtime.stop(task, { graceSeconds: 0, discard });
    expect(await stop(false)).toBe("gone");
    await world().runtime.start(task);
    await world().until(task, isStopped);
    expect(await stop(false)).toBe("stopped");
    expect(await stop(false)).toBe("stopped");
    expect(await stop(true)).toBe("gone");
    expect(await stop(true)).toBe("gone");
    await expect(logText(world().runtime, task)).rejects.toMatchObject({ kind: "notFound" });
  });
});
