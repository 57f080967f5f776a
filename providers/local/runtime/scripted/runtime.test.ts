import { describe, expect, test } from "vitest";
import { feedOf, inWords, scriptedTask, scriptedWorld } from "./testing.ts";
import { containerSpec, specEnv, taskSpec } from "../../../../test/support/tasks/task-specs.ts";
import type { TaskState } from "../../../../src/provider.ts";
import type { Runtime } from "../runtime.ts";
import { createScriptedRuntime } from "./runtime.ts";
import { defaultScript } from "./timetable.ts";

const only = async (runtime: Runtime): Promise<TaskState | undefined> => (await runtime.list())[0];

describe("the scripted runtime", () => {
  test("starts one task per identity, whoever asks and however often", async () => {
    const { clock, runtime, requests } = scriptedWorld();
    const spec = scriptedTask("a", { SCRIPT_ACCEPT: "1" });
    const asked = [runtime.start(spec), runtime.start(spec), runtime.start({ ...spec, token: "another" })];
    await clock.advance(1_000);
    const states = await Promise.all(asked);
    expect(new Set(states.map(({ id }) => id)).size).toBe(1);
    expect((await runtime.start(spec)).id).toBe(states[0]?.id);
    expect(requests.filter((entry) => "outcome" in entry && entry.outcome === "launched")).toHaveLength(1);
  });

  test("leaves its tasks to the next runtime over the same cloud", async () => {
    const { clock, cloud, runtime } = scriptedWorld();
    await runtime.start(scriptedTask("a", { SCRIPT_RUN: "5" }));
    await runtime.close();
    await expect(runtime.list()).rejects.toThrow("closed");
    await clock.advance(5_000);
    const next = createScriptedRuntime({ cloud });
    expect(inWords(await only(next))).toEqual(["main#0 exit 0 Completed"]);
  });

  test("takes scripts from the image, and the container's own variables above them", async () => {
    const timetable = {
      defaults: { ...defaultScript, run: 9 },
      images: { "scripted/fails": { run: 1, exit: 4 } },
    };
    const { clock, runtime } = scriptedWorld({ timetable });
    await runtime.start(taskSpec("a", { containers: [containerSpec({ image: "scripted/fails" })] }));
    const own = containerSpec({ image: "scripted/fails", env: specEnv({ SCRIPT_EXIT: "5" }) });
    await runtime.start(taskSpec("b", { containers: [own] }));
    await runtime.start(taskSpec("c"));
    await clock.advance(1_000);
    const after1 = (await runtime.list()).map(inWords);
    expect(after1).toEqual([["main#0 exit 4 Error"], ["main#0 exit 5 Error"], ["main#0 running"]]);
    await clock.advance(8_000);
    expect((await runtime.list()).map(inWords)[2]).toEqual(["main#0 exit 0 Completed"]);
  });

  test("tells every task, then synced, then each change with a rising version, until the signal", async () => {
    const { clock, runtime } = scriptedWorld();
    await runtime.start(scriptedTask("a", { SCRIPT_RUN: "1" }));
    const seen: string[] = [];
    const versions: number[] = [];
    const controller = new AbortController();
    const watching = runtime.watch(
      feedOf({
        task: (state) => {
          seen.push(`${state.identity.podUid} ${inWords(state).join()}`);
          if (state.identity.podUid === "a") versions.push(state.version);
        },
        synced: () => seen.push("synced"),
        gone: (identity) => seen.push(`${identity.podUid} gone`),
      }),
      controller.signal,
    );
    await runtime.start(scriptedTask("b", { SCRIPT_START: "1" }));
    await clock.advance(1_000);
    await runtime.stop(scriptedTask("a"), { graceSeconds: 0, discard: true });
    controller.abort();
    await watching;
    await runtime.start(scriptedTask("c"));
    expect(seen).toEqual([
      "a main#0 running",
      "synced",
      "b main#0 ContainerCreating",
      "a main#0 exit 0 Completed",
      "b main#0 running",
      "a main#0 exit 0 Completed",
      "a gone",
    ]);
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
  });

  test("has one log line per run, and follows to the end of the run", async () => {
    const { clock, runtime } = scriptedWorld();
    const spec = scriptedTask("a", { SCRIPT_RUN: "5" });
    await runtime.start(spec);
    const source = { task: spec, container: "main", instance: 0 };
    const signal = new AbortController().signal;
    const lines: string[] = [];
    const following = (async () => {
      for await (const batch of runtime.logs(source, { follow: true, tailLines: undefined }, signal)) {
        for (const { time, bytes } of batch) lines.push(`${time} ${bytes.toString()}`);
      }
    })();
    await clock.advance(5_000);
    await following;
    expect(lines).toEqual(["1970-01-01T00:00:00.000000000Z run 0 of container main follows its timetable"]);
    await runtime.restart(spec, "main", 1);
    await runtime.restart(spec, "main", 2);
    const again = runtime.logs(source, { follow: false, tailLines: undefined }, signal)[Symbol.asyncIterator]();
    await expect(again.next()).rejects.toMatchObject({ kind: "notFound" });
  });

  test("pretends usage that grows with time", async () => {
    const { clock, runtime } = scriptedWorld();
    await runtime.start(scriptedTask("a"));
    await clock.advance(100_000);
    const [stats] = await runtime.stats();
    expect(stats?.containers).toEqual([
      { name: "main", time: 100_000, startedAt: 0, cpuSeconds: 1, memoryBytes: 2 ** 20 },
    ]);
  });

  test("costs little: thousands of tasks in a blink", async () => {
    const { clock, runtime } = scriptedWorld();
    const before = process.cpuUsage();
    for (let i = 0; i < 5_000; i++) await runtime.start(scriptedTask(`${i}`, { SCRIPT_START: "1", SCRIPT_RUN: "10" }));
    await clock.advance(11_000);
    const { user, system } = process.cpuUsage(before);
    expect((await runtime.list()).every(({ phase }) => phase === "stopped")).toBe(true);
    // Microseconds a task, an order of magnitude above what is measured: a busy machine must not fail this.
    expect((user + system) / 5_000).toBeLessThan(1_000);
  });
});
