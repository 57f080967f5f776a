import { expect } from "vitest";
import type { ContractTest } from "../contract.ts";
import {
  type BenchTask,
  containerOf,
  forever,
  hasEnded,
  isRunning,
  linesOf,
  logs,
  oneMain,
  type Workbench,
} from "../workbench.ts";

/** Tests of what is offered for one run of one container: restart, logs, stats. A provider without it lists a gap. */
export const runTests: readonly ContractTest[] = [
  {
    name: "a provider restarts containers in place exactly when it says so",
    async run({ provider }) {
      expect(provider.restart !== undefined).toBe(provider.restarts === "container");
      if (provider.restart !== undefined) expect(provider.kill).toBeDefined();
      expect(provider.memory).toBeGreaterThanOrEqual(0);
    },
  },
  {
    name: "restart runs a container again, remembers how it ended before, and leaves the others alone",
    async run(bench) {
      const task = await bench.launch({ name: "main", does: { run: 0.3, exit: 2 } }, { name: "other", does: forever });
      const before = await task.until(
        "it ended, and the other one runs",
        (state) => hasEnded()(state) && isRunning("other")(state),
      );
      await restart(bench, task, "main", 1);
      const after = await task.until("the next run ended", hasEnded("main", 1));
      expect(containerOf(after).last).toEqual(containerOf(before).state);
      expect(containerOf(after, "other")).toEqual(containerOf(before, "other"));
    },
  },
  {
    name: "restart with an instance that exists already does nothing",
    async run(bench) {
      const task = await bench.launch(oneMain({ run: 0.3, exit: 2 }));
      await task.until("it ended", hasEnded());
      await restart(bench, task, "main", 1);
      const ended = containerOf(await task.until("the next run ended", hasEnded("main", 1)));
      await restart(bench, task, "main", 1);
      await bench.target.pass(500);
      const listed = (await bench.provider.list()).find(({ identity }) => identity.podUid === task.identity.podUid);
      expect(listed && containerOf(listed)).toEqual(ended);
    },
  },
  {
    name: "restart of an init container that failed runs that one again and nothing after it",
    async run(bench) {
      const task = await bench.launch(
        { name: "init", kind: "init", does: { run: 0.2, exit: 1 } },
        { name: "main", does: forever },
      );
      await task.until("the init container failed", hasEnded("init"));
      await restart(bench, task, "init", 1);
      const again = await task.until("it failed again", hasEnded("init", 1));
      expect(containerOf(again, "main").state.is).toBe("waiting");
    },
  },
  {
    name: "kill ends one run with SIGTERM, and leaves the task and its other containers alone",
    async run(bench) {
      const task = await bench.launchHeeding({ name: "main", does: forever }, { name: "other", does: forever });
      await task.until("both run", (state) => isRunning()(state) && isRunning("other")(state));
      await kill(bench, task, 30);
      const after = await task.until("it ended", hasEnded());
      expect(containerOf(after).state).toMatchObject({ exitCode: 143 });
      expect(containerOf(after, "other").state.is).toBe("running");
      expect(after.phase).toBe("running");
      await restart(bench, task, "main", 1);
      await task.until("it runs again", isRunning("main", 1));
    },
  },
  {
    name: "kill gives its grace, and a later one with less shortens it",
    async run(bench) {
      const task = await bench.launch(oneMain({ run: "forever", atTerm: "ignore" }));
      await task.until("it runs", isRunning());
      await kill(bench, task, 600);
      await bench.target.pass(1_000);
      await kill(bench, task, 900);
      expect(task.told.some(hasEnded())).toBe(false);
      await kill(bench, task, 1);
      expect(containerOf(await task.until("it ended", hasEnded())).state).toMatchObject({ exitCode: 137 });
    },
  },
  {
    name: "kill of a run that is over does nothing",
    async run(bench) {
      const task = await bench.launch(oneMain({ run: 0.3, exit: 2 }), { name: "other", does: forever });
      await task.until("it ended", hasEnded());
      await kill(bench, task, 0);
      await restart(bench, task, "main", 1);
      await task.until("it ran again", (state) => containerOf(state).instance === 1);
      await kill(bench, task, 0);
      expect(containerOf(await task.until("it ended again", hasEnded("main", 1))).state).toMatchObject({ exitCode: 2 });
    },
  },
  {
    name: "logs hold what a container wrote, oldest first, with times",
    async run(bench) {
      const task = await bench.launch(oneMain({ run: 0.3, print: ["one", "two words", "three"] }));
      await task.until("it ended", hasEnded());
      const records = await logs(bench, task, {});
      expect(linesOf(records)).toEqual(["one", "two words", "three"]);
      for (const { time, stream } of records) {
        expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
        expect(stream).toBe("stdout");
      }
      expect(records.map(({ time }) => time)).toEqual(records.map(({ time }) => time).toSorted());
      expect(linesOf(await logs(bench, task, { tailLines: 2 }))).toEqual(["two words", "three"]);
      expect(linesOf(await logs(bench, task, { tailLines: 0 }))).toEqual([]);
    },
  },
  {
    name: "followed logs end with the run, and before it when nobody reads any more",
    async run(bench) {
      const task = await bench.launch(oneMain({ run: 5 }));
      await task.until("it runs", isRunning());
      let ended = false;
      const whole = logs(bench, task, { follow: true }).finally(() => (ended = true));
      const stop = new AbortController();
      const cut = logs(bench, task, { follow: true }, 0, stop.signal).catch(() => undefined);
      stop.abort();
      await cut;
      expect(ended).toBe(false);
      await bench.until("the logs ended", () => ended);
      await whole;
      expect(task.told.some(hasEnded())).toBe(true);
    },
  },
  {
    name: "each run has logs of its own, and one that never was has none",
    async run(bench) {
      const task = await bench.launch(oneMain({ run: 0.3, exit: 1 }));
      await task.until("it ended", hasEnded());
      await restart(bench, task, "main", 1);
      await task.until("the next run ended", hasEnded("main", 1));
      await expect(logs(bench, task, {}, 2)).rejects.toMatchObject({ name: "ProviderError", kind: "notFound" });
      await logs(bench, task, {}, 0);
      await logs(bench, task, {}, 1);
    },
  },
  {
    name: "stats tell of running containers, and their use of processor time never falls",
    async run(bench) {
      const task = await bench.launch(oneMain(forever));
      await task.until("it runs", isRunning());
      const read = async () => {
        const all = (await bench.provider.stats?.()) ?? [];
        return all.find(({ identity }) => identity.podUid === task.identity.podUid)?.containers[0];
      };
      await bench.until("stats tell of it", async () => (await read()) !== undefined);
      const first = await read();
      let second = first;
      // A cloud reads as seldom as it says.
      await bench.until("they are read anew", async () => {
        second = await read();
        return (second?.time ?? 0) > (first?.time ?? Infinity);
      });
      expect(first?.name).toBe("main");
      expect(first?.memoryBytes).toBeGreaterThan(0);
      expect(second?.cpuSeconds).toBeGreaterThanOrEqual(first?.cpuSeconds ?? Infinity);
      expect(second?.startedAt).toBe(first?.startedAt);
    },
  },
];

async function restart({ provider }: Workbench, task: BenchTask, container: string, instance: number): Promise<void> {
  if (provider.restart === undefined) throw new Error("this provider restarts nothing in place");
  await provider.restart(task, container, instance);
}

/** Of the first run of `main`. */
async function kill({ provider }: Workbench, task: BenchTask, graceSeconds: number): Promise<void> {
  if (provider.kill === undefined) throw new Error("this provider ends no container alone");
  await provider.kill({ task, container: "main", instance: 0 }, graceSeconds);
}
