import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import { containerSpec, specEnv } from "../../../../test/support/tasks/task-specs.ts";
import { endOf, isRunning, isStopped, logText, openWorld, shell, stateOf, untilReady, type World } from "./testing.ts";

describe("the process runtime where the host permits no namespaces", () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld({ isolation: false });
  });
  afterEach(() => world.close());

  it("says so, and tasks have no address", async () => {
    expect(await world.runtime.facts()).toMatchObject({ taskAddresses: false, mounts: false });
    const task = world.task("bare", [shell("pwd; echo $BURSTLET_ROOT; echo bye >dev/termination-log; exit 3")]);
    await world.runtime.start(task);
    const state = await world.until(task, isStopped);
    expect(state.podIPs).toEqual([]);
    expect(endOf(state)).toMatchObject({ exitCode: 3, reason: "Error", message: "bye\n" });
    const root = join(world.options.stateDir, "tasks", state.id, "containers/main/root");
    expect(await logText(world.runtime, task)).toBe(`${root}\n${root}\n`);
  });

  it("puts volumes below the scratch directory", async () => {
    const volumes = [
      { name: "f", kind: "files", files: [{ path: "a", mode: 0o600, content: "text", encoding: "utf8" }] },
    ] as const;
    const mounts = [{ volume: "f", path: "/etc/f", readOnly: true }];
    const task = world.task("volume", [shell("cat etc/f/a $BURSTLET_ROOT/etc/f/a", { mounts })], { volumes });
    await world.runtime.start(task);
    await world.until(task, isStopped);
    expect(await logText(world.runtime, task)).toBe("texttext\n");
  });

  it("stops a whole process group, and kills what left it", async () => {
    const env = specEnv({ MARK: world.id });
    const task = world.task("group", [
      shell("setsid sleep 1000 & sleep 1001 & trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done", { env }),
    ]);
    await world.runtime.start(task);
    await untilReady(world.runtime, task);
    await world.runtime.stop(task, { graceSeconds: 20, discard: false });
    expect(endOf(await world.until(task, isStopped)).exitCode).toBe(0);
    await eventually("no stray is left", () => world.leftovers().every((line) => !line.includes("sleep 100")));
  });

  it("says StartError with 128 for a command that is not there, and runs the table's servers", async () => {
    const task = world.task("start", [
      containerSpec({ command: ["/no/such/file"] }),
      containerSpec({
        name: "echo",
        image: "burstlet.dev/http-echo",
        command: ["/opt/burstlet/node", "--eval", "process.exit(11)"],
      }),
    ]);
    await world.runtime.start(task);
    const state = await world.until(task, isStopped);
    expect(endOf(state)).toMatchObject({ exitCode: 128, reason: "StartError" });
    expect(endOf(state, "echo")).toMatchObject({ exitCode: 11 });
  });

  it("ends what a killed supervisor left running, and says that its end is unknown", async () => {
    const env = specEnv({ MARK: world.id });
    const task = world.task("left", [shell("setsid sleep 1000 & sleep 1001", { env })]);
    await world.runtime.start(task);
    await world.until(task, isRunning("main"));
    const sleepers = (): number => world.leftovers().filter((line) => line.includes("sleep 100")).length;
    await eventually("both sleep", () => sleepers() >= 2);
    const supervisor = world.leftovers().find((line) => line.includes("supervisor-main.ts"));
    process.kill(Number(/process (\d+)/.exec(supervisor ?? "")?.[1]), "SIGKILL");
    const state = await world.until(task, isStopped);
    expect(stateOf(state).state).toMatchObject({ reason: "ContainerStatusUnknown" });
    expect(endOf(state).exitCode).toBeUndefined();
    await eventually("nothing sleeps any more", () => sleepers() === 0);
    expect(readFileSync(join(world.options.stateDir, "supervisor.log"), "utf8")).toContain("not isolated");
  });
});
