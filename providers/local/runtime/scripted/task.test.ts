import { describe, expect, test } from "vitest";
import { feedOf, inWords, scripted, scriptedTask, scriptedWorld } from "./testing.ts";
import { taskSpec } from "../../../../test/support/tasks/task-specs.ts";
import type { TaskState } from "../../../../src/provider.ts";
import type { Runtime, TaskSpec } from "../runtime.ts";

const only = async (runtime: Runtime): Promise<TaskState | undefined> => (await runtime.list())[0];

describe("a scripted task", () => {
  test("accepts, starts, runs and ends by its timetable", async () => {
    const { clock, runtime } = scriptedWorld();
    const start = runtime.start(
      scriptedTask("a", { SCRIPT_ACCEPT: "1", SCRIPT_START: "2", SCRIPT_RUN: "3", SCRIPT_EXIT: "7" }),
    );
    await clock.advance(999);
    expect(await runtime.list()).toEqual([]);
    await clock.advance(1);
    expect(await start).toMatchObject({ phase: "starting", version: 1, podIPs: ["10.99.0.2"], podName: "pod-a" });
    await clock.advance(2_000);
    const running = await only(runtime);
    expect(running?.phase).toBe("running");
    expect(running?.containers[0]?.state).toEqual({ is: "running", startedAt: 3_000 });
    await clock.advance(3_000);
    const ended = await only(runtime);
    expect(ended?.phase).toBe("stopped");
    expect(ended?.containers[0]?.state).toEqual({
      is: "terminated",
      exitCode: 7,
      reason: "Error",
      startedAt: 3_000,
      finishedAt: 6_000,
    });
    expect(clock.pending).toBe(0);
  });

  test("is running in the answer to start when nothing takes time", async () => {
    const { clock, runtime } = scriptedWorld();
    expect(inWords(await runtime.start(scriptedTask("a")))).toEqual(["main#0 running"]);
    expect(clock.pending).toBe(0);
  });

  test.for<[string, string]>([
    ["oom", "exit 137 OOMKilled"],
    ["unknown", "exit undefined ContainerStatusUnknown"],
    ["disrupted", "exit 137 Error"],
  ])("can end as %s", async ([end, expected]) => {
    const { clock, runtime } = scriptedWorld();
    await runtime.start(scriptedTask("a", { SCRIPT_RUN: "1", SCRIPT_END: end }));
    await clock.advance(1_000);
    const state = await only(runtime);
    expect(inWords(state)).toEqual([`main#0 ${expected}`]);
    expect(state?.phase).toBe("stopped");
    expect(state?.disrupted).toBe(end === "disrupted" ? true : undefined);
  });

  test("can be forgotten by its cloud, also at once", async () => {
    const { clock, runtime } = scriptedWorld();
    const gone: string[] = [];
    void runtime.watch(feedOf({ gone: (identity) => gone.push(identity.podUid) }), new AbortController().signal);
    await runtime.start(scriptedTask("later", { SCRIPT_RUN: "1", SCRIPT_END: "gone" }));
    await runtime.start(scriptedTask("now", { SCRIPT_RUN: "0", SCRIPT_END: "gone" }));
    await clock.advance(1_000);
    expect(gone).toEqual(["now", "later"]);
    expect(await runtime.list()).toEqual([]);
  });

  test("runs init containers in order, a sidecar beside them, then the main ones", async () => {
    const { clock, runtime } = scriptedWorld();
    const containers = [
      scripted({ SCRIPT_RUN: "1" }, { name: "init-1", kind: "init" }),
      scripted({ SCRIPT_START: "1" }, { name: "side", kind: "sidecar" }),
      scripted({ SCRIPT_RUN: "1" }, { name: "init-2", kind: "init" }),
      scripted({}, { name: "main-1" }),
      scripted({}, { name: "main-2" }),
    ];
    const seen = [inWords(await runtime.start(taskSpec("a", { containers })))];
    for (let i = 0; i < 3; i++) {
      await clock.advance(1_000);
      seen.push(inWords(await only(runtime)));
    }
    const waiting = ["main-1#0 PodInitializing", "main-2#0 PodInitializing"];
    expect(seen).toEqual([
      ["init-1#0 running", "side#0 ContainerCreating", "init-2#0 ContainerCreating", ...waiting],
      ["init-1#0 exit 0 Completed", "side#0 ContainerCreating", "init-2#0 ContainerCreating", ...waiting],
      ["init-1#0 exit 0 Completed", "side#0 running", "init-2#0 running", ...waiting],
      [
        "init-1#0 exit 0 Completed",
        "side#0 running",
        "init-2#0 exit 0 Completed",
        "main-1#0 running",
        "main-2#0 running",
      ],
    ]);
  });

  test("waits after a failed init container until that one is run again", async () => {
    const { clock, runtime } = scriptedWorld();
    const containers = [scripted({ SCRIPT_EXIT: "1" }, { name: "init", kind: "init" }), scripted({}, { name: "main" })];
    const spec = taskSpec("a", { containers });
    expect(inWords(await runtime.start(spec))).toEqual(["init#0 exit 1 Error", "main#0 PodInitializing"]);
    await clock.advance(60_000);
    expect((await only(runtime))?.phase).toBe("starting");
    await runtime.restart(spec, "init", 1);
    expect(inWords(await only(runtime))).toEqual(["init#1 exit 1 Error (last 1)", "main#0 PodInitializing"]);
  });

  test("runs a container again, with the instance it is told, once", async () => {
    const { clock, runtime } = scriptedWorld();
    const spec = scriptedTask("a", { SCRIPT_RUN: "5", SCRIPT_EXIT: "3" });
    await runtime.start(spec);
    await clock.advance(5_000);
    await runtime.restart(spec, "main", 1);
    await runtime.restart(spec, "main", 1);
    expect(inWords(await only(runtime))).toEqual(["main#1 running (last 3)"]);
    await runtime.restart(spec, "main", 2);
    expect(inWords(await only(runtime))).toEqual(["main#2 running (last 137)"]);
    await clock.advance(5_000);
    expect(inWords(await only(runtime))).toEqual(["main#2 exit 3 Error (last 137)"]);
    await expect(runtime.restart(spec, "other", 1)).rejects.toMatchObject({ kind: "notFound" });
    await expect(runtime.restart(scriptedTask("b"), "main", 1)).rejects.toMatchObject({ kind: "notFound" });
    await runtime.stop(spec, { graceSeconds: 0, discard: false });
    await expect(runtime.restart(spec, "main", 3)).rejects.toMatchObject({ kind: "conflict" });
  });

  test("keeps waiting with ErrImagePull where the image is missing", async () => {
    const { runtime } = scriptedWorld();
    const state = await runtime.start(scriptedTask("a", { SCRIPT_IMAGE: "missing" }));
    expect(inWords(state)).toEqual(["main#0 ErrImagePull"]);
  });
});

describe("stopping a scripted task", () => {
  const stop = (runtime: Runtime, spec: TaskSpec, graceSeconds: number, discard = false) =>
    runtime.stop(spec, { graceSeconds, discard });

  test("ends it by SIGTERM within its grace, and forgets it when told to", async () => {
    const { clock, runtime } = scriptedWorld();
    const spec = scriptedTask("a", { SCRIPT_STOP: "2" });
    await runtime.start(spec);
    expect(await stop(runtime, spec, 30)).toBe("stopping");
    expect((await only(runtime))?.phase).toBe("stopping");
    await clock.advance(2_000);
    expect(inWords(await only(runtime))).toEqual(["main#0 exit 143 Error"]);
    expect(await stop(runtime, spec, 30)).toBe("stopped");
    expect(await stop(runtime, spec, 30, true)).toBe("gone");
    expect(await runtime.list()).toEqual([]);
    expect(await stop(runtime, spec, 30)).toBe("gone");
  });

  test("kills at the end of the grace, which a later call can only shorten", async () => {
    const { clock, runtime } = scriptedWorld();
    const spec = scriptedTask("a", { SCRIPT_STOP: "100" });
    await runtime.start(spec);
    await stop(runtime, spec, 30);
    await clock.advance(5_000);
    await stop(runtime, spec, 60);
    await stop(runtime, spec, 10);
    await clock.advance(9_999);
    expect(inWords(await only(runtime))).toEqual(["main#0 running"]);
    await clock.advance(1);
    expect(inWords(await only(runtime))).toEqual(["main#0 exit 137 Error"]);
  });

  test("ends sidecars after the main containers, and starts nothing more", async () => {
    const { clock, runtime } = scriptedWorld();
    const containers = [
      scripted({ SCRIPT_STOP: "1" }, { name: "side", kind: "sidecar" }),
      scripted({ SCRIPT_STOP: "1" }, { name: "main" }),
      scripted({ SCRIPT_START: "10" }, { name: "late" }),
    ];
    const spec = taskSpec("a", { containers });
    await runtime.start(spec);
    await stop(runtime, spec, 30);
    await clock.advance(1_000);
    expect(inWords(await only(runtime))).toEqual(["side#0 running", "main#0 exit 143 Error", "late#0 PodInitializing"]);
    await clock.advance(60_000);
    expect(inWords(await only(runtime))).toEqual([
      "side#0 exit 143 Error",
      "main#0 exit 143 Error",
      "late#0 PodInitializing",
    ]);
    expect((await only(runtime))?.phase).toBe("stopped");
  });

  test("with no grace is done at once", async () => {
    const { runtime } = scriptedWorld();
    const spec = scriptedTask("a", { SCRIPT_STOP: "100" });
    await runtime.start(spec);
    expect(await stop(runtime, spec, 0, true)).toBe("gone");
  });
});
