import { expect } from "vitest";
import type { TaskState, Terminated } from "../../../src/provider.ts";
import type { ContractTest } from "../contract.ts";
import { containerOf, forever, hasEnded, isRunning, oneMain } from "../workbench.ts";

const endOf = (state: TaskState, name = "main"): Terminated => {
  const { state: run } = containerOf(state, name);
  if (run.is !== "terminated") throw new Error(`container ${name} is ${run.is}`);
  return run;
};

const startOf = (state: TaskState, name: string): number => {
  const { state: run } = containerOf(state, name);
  const startedAt = run.is === "waiting" ? undefined : run.startedAt;
  if (startedAt === undefined) throw new Error(`container ${name} has no start`);
  return startedAt;
};

export const lifeTests: readonly ContractTest[] = [
  ...[0, 1, 42, 255].map((code): ContractTest => ({
    name: `a container that exits with ${code} is told with ${code}`,
    async run(bench) {
      const task = await bench.launch(oneMain({ run: 0.2, exit: code }));
      const state = await task.until("it ended", hasEnded());
      const end = { exitCode: code, reason: code === 0 ? "Completed" : "Error" };
      expect(endOf(state)).toMatchObject(end);
      // A cloud may tell when it was only once the whole task is over.
      const over = endOf(await task.until("the task stopped", ({ phase }) => phase === "stopped"));
      expect(over).toMatchObject(end);
      expect(over.finishedAt).toBeGreaterThanOrEqual(over.startedAt ?? Infinity);
    },
  })),
  {
    name: "an exit code that nobody knows is undefined, never 0",
    async run(bench) {
      const task = await bench.launch(oneMain({ run: 0.2, exit: "hidden" }));
      const { exitCode, reason } = endOf(await task.until("it ended", hasEnded()));
      expect({ exitCode, reason }).toEqual({ exitCode: undefined, reason: "ContainerStatusUnknown" });
    },
  },
  {
    name: "init containers run one after the other, a sidecar beside them, and main containers when all have succeeded",
    async run(bench) {
      const task = await bench.launch(
        { name: "first", kind: "init", does: { run: 0.3 } },
        { name: "side", kind: "sidecar", does: forever },
        { name: "second", kind: "init", does: { run: 0.3 } },
        { name: "main", does: forever },
      );
      const state = await task.until("the main container runs", isRunning());
      expect(endOf(state, "first").exitCode).toBe(0);
      expect(endOf(state, "second").exitCode).toBe(0);
      expect(containerOf(state, "side").state.is).toBe("running");
      // Clouds tell times to the second.
      const order = ["first", "side", "second", "main"].map((name) => startOf(state, name));
      expect(order).toEqual(order.toSorted((a, b) => a - b));
      expect(endOf(state, "first").finishedAt).toBeLessThanOrEqual(startOf(state, "second"));
      for (const earlier of task.told) {
        const over = containerOf(earlier, "second").state.is === "terminated";
        if (!over) expect(containerOf(earlier, "main").state.is).toBe("waiting");
      }
    },
  },
  {
    name: "after an init container that failed nothing else starts",
    async run(bench) {
      const task = await bench.launch(
        { name: "init", kind: "init", does: { run: 0.2, exit: 9 } },
        { name: "main", does: forever },
      );
      await task.until("the init container failed", hasEnded("init"));
      await bench.target.pass(1_000);
      const last = task.told.at(-1);
      expect(last && endOf(last, "init").exitCode).toBe(9);
      expect(last && containerOf(last, "main").state.is).toBe("waiting");
      expect(last?.phase).not.toBe("running");
    },
  },
  {
    name: "containers of one task end each for itself, and the task is stopped when the last has ended",
    async run(bench) {
      const task = await bench.launch(
        { name: "short", does: { run: 1, exit: 3 } },
        { name: "long", does: { run: 6, exit: 5 } },
      );
      const between = await task.until("the short one ended", hasEnded("short"));
      expect(between.phase).toBe("running");
      expect(containerOf(between, "long").state.is).toBe("running");
      const end = await task.until("the task stopped", ({ phase }) => phase === "stopped");
      expect([endOf(end, "short").exitCode, endOf(end, "long").exitCode]).toEqual([3, 5]);
    },
  },
  {
    name: "versions rise with every change, phases never go back, and a container keeps its start",
    async run(bench) {
      const task = await bench.launch(oneMain({ run: 0.5, exit: 1 }));
      await task.until("the task stopped", ({ phase }) => phase === "stopped");
      const phases = ["starting", "running", "stopping", "stopped"];
      const starts = new Set<number>();
      for (const [index, state] of task.told.entries()) {
        const before = task.told[index - 1];
        if (state.containers[0]?.state.is !== "waiting") starts.add(startOf(state, "main"));
        if (before === undefined) continue;
        expect(state.version).toBeGreaterThanOrEqual(before.version);
        if (state.version === before.version) expect(state).toEqual(before);
        expect(phases.indexOf(state.phase)).toBeGreaterThanOrEqual(phases.indexOf(before.phase));
      }
      expect(starts.size).toBe(1);
    },
  },
];
