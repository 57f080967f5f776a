import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Terminated } from "../../../src/provider.ts";
import type { ContractTest } from "../contract.ts";
import { type BenchTask, containerOf, forever, hasEnded, isRunning, oneMain, type Workbench } from "../workbench.ts";

/** Tests of lifecycle hooks, and of containers added to a live task. A provider without either lists a gap. */
export const hookTests: readonly ContractTest[] = [
  {
    name: "a container runs once its postStart hook has succeeded, and the next one starts then",
    async run(bench) {
      const task = await bench.launch(
        { name: "hooked", does: { ...forever, afterStart: 1.5 } },
        { name: "next", does: forever },
      );
      const state = await task.until("both run", (one) => isRunning("hooked")(one) && isRunning("next")(one));
      expect(startOf(state, "next") - startOf(state, "hooked")).toBeGreaterThanOrEqual(1_000);
      for (const earlier of task.told) {
        if (containerOf(earlier, "hooked").state.is === "running") break;
        expect(containerOf(earlier, "next").state.is).toBe("waiting");
        expect(containerOf(earlier, "hooked").state.is).toBe("waiting");
      }
      expect(task.told.some((one) => containerOf(one, "hooked").state.is === "waiting")).toBe(true);
    },
  },
  {
    name: "a container whose postStart hook fails ends without ever having run, and why is told",
    async run(bench) {
      const task = await bench.launch(oneMain({ ...forever, afterStart: "fails" }));
      const state = await task.until("it ended", hasEnded());
      expect(containerOf(state).hookFailures?.postStart).not.toBe("");
      expect(containerOf(state).hookFailures?.postStart).toBeDefined();
      expect(task.told.some(isRunning())).toBe(false);
    },
  },
  {
    name: "stop waits for a preStop hook before SIGTERM, and no longer than the grace",
    async run(bench) {
      const short = await bench.launch(oneMain({ ...forever, beforeStop: 4 }));
      const long = await bench.launch(oneMain({ ...forever, beforeStop: 600 }));
      await short.until("it runs", isRunning());
      await long.until("it runs", isRunning());
      await long.stop(3);
      await short.stop(20);
      await bench.target.pass(700);
      expect(lastOf(short)).toBe("running");
      await short.stopUntil("stopped", 20);
      expect(endOf(await short.until("it ended", hasEnded())).exitCode).toBe(143);
      await long.stopUntil("stopped", 3);
      expect(endOf(await long.until("it ended", hasEnded())).exitCode).toBe(143);
    },
  },
  {
    name: "a container that ends by itself has no preStop hook",
    async run(bench) {
      const task = await bench.launch(oneMain({ run: 0.5, exit: 3, beforeStop: 600 }));
      expect(endOf(await task.until("it ended", hasEnded())).exitCode).toBe(3);
      await task.until("the task stopped", ({ phase }) => phase === "stopped");
    },
  },
  {
    name: "an added container runs once beside the others, and ends with its own code",
    async run(bench) {
      const task = await bench.launch(oneMain(forever));
      const before = await task.until("it runs", isRunning());
      await add(bench, task, "debug");
      const state = await task.until("the added one ended", (one) =>
        one.containers.some(({ name, state: run }) => name === "debug" && run.is === "terminated"),
      );
      expect(containerOf(state, "debug").kind).toBe("ephemeral");
      expect(endOf(state, "debug").exitCode).toBe(7);
      expect(containerOf(state)).toEqual(containerOf(before));
      expect(state.phase).toBe("running");
      await add(bench, task, "debug");
      await bench.target.pass(500);
      const listed = (await bench.provider.list()).find(({ identity }) => identity.podUid === task.identity.podUid);
      expect(listed && containerOf(listed, "debug")).toEqual(containerOf(state, "debug"));
      const nobody = { identity: { ...task.identity, podUid: randomUUID() } };
      await expect(bench.provider.addContainers?.(nobody, task.launch.request)).rejects.toMatchObject({
        kind: "notFound",
      });
    },
  },
];

async function add(bench: Workbench, task: BenchTask, name: string): Promise<void> {
  const { provider } = bench;
  if (provider.addContainers === undefined) throw new Error("this provider adds no containers");
  const pod = await bench.pod([{ name, does: { run: 0.5, exit: 7 } }], task.identity.podUid);
  const containers = pod.containers.map((one) => ({ ...one, kind: "ephemeral" as const }));
  const { request } = provider.translate({ ...pod, containers });
  await provider.addContainers(task, request);
}

function lastOf(task: BenchTask): string | undefined {
  const last = task.told.at(-1);
  return last && containerOf(last).state.is;
}

function endOf(state: BenchTask["told"][number], name = "main"): Terminated {
  const { state: run } = containerOf(state, name);
  if (run.is !== "terminated") throw new Error(`container ${name} is ${run.is}`);
  return run;
}

function startOf(state: BenchTask["told"][number], name: string): number {
  const { state: run } = containerOf(state, name);
  if (run.is !== "running") throw new Error(`container ${name} is ${run.is}`);
  return run.startedAt;
}
