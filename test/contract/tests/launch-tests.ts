import { expect } from "vitest";
import type { ContractTest } from "../contract.ts";
import { containerOf, forever, hasEnded, isRunning, oneMain, type Workbench } from "../workbench.ts";

const tasksOf = async ({ provider }: Pick<Workbench, "provider">, podUid: string) =>
  (await provider.list()).filter(({ identity }) => identity.podUid === podUid);

export const launchTests: readonly ContractTest[] = [
  {
    name: "launch answers with whose task it is and every container in order",
    async run(bench) {
      const plans = [
        { name: "init", kind: "init", does: { run: 0 } },
        { name: "side", kind: "sidecar", does: forever },
        { name: "one", does: forever },
        { name: "two", does: forever },
      ] as const;
      const task = await bench.prepare(plans);
      const state = await bench.provider.launch(task.launch, bench.signal());
      expect(state).toMatchObject({
        identity: task.identity,
        podNamespace: "ns",
        podName: `pod-${task.identity.podUid.slice(0, 8)}`,
        nodeName: bench.target.nodeName,
      });
      expect(state.id).not.toBe("");
      expect(state.containers.map(({ name, kind, instance }) => [name, kind, instance])).toEqual([
        ["init", "init", 0],
        ["side", "sidecar", 0],
        ["one", "main", 0],
        ["two", "main", 0],
      ]);
    },
  },
  {
    name: "launch with the same token starts one task, one after the other and at the same time",
    async run(bench) {
      const task = await bench.prepare([oneMain(forever)]);
      const launch = async () => bench.provider.launch(task.launch, bench.signal());
      const states = [...(await Promise.all([launch(), launch(), launch()])), await launch()];
      await task.until("it runs", isRunning());
      states.push(await launch());
      expect(new Set(states.map(({ id }) => id)).size).toBe(1);
      expect(await tasksOf(bench, task.identity.podUid)).toHaveLength(1);
    },
  },
  {
    name: "launch of a task that has ended by itself starts nothing",
    async run(bench) {
      const task = await bench.launch(oneMain({ run: 0.2, exit: 4 }));
      const ended = containerOf(await task.until("it ended", hasEnded()));
      const again = await bench.provider.launch(task.launch, bench.signal());
      expect(containerOf(again)).toEqual(ended);
      await bench.target.pass(500);
      const [listed] = await tasksOf(bench, task.identity.podUid);
      expect(listed && containerOf(listed)).toEqual(ended);
    },
  },
  {
    name: "launch of a task that has been stopped starts nothing",
    async run(bench) {
      const task = await bench.launch(oneMain(forever));
      await task.until("it runs", isRunning());
      await task.stopUntil("stopped", 5);
      const again = await bench.provider.launch(task.launch, bench.signal());
      expect(again.phase).toBe("stopped");
      await bench.target.pass(500);
      const [listed] = await tasksOf(bench, task.identity.podUid);
      expect(listed && containerOf(listed).state.is).toBe("terminated");
    },
  },
  {
    name: "another attempt for the same pod is another task",
    async run(bench) {
      const first = await bench.launch(oneMain(forever));
      const second = await bench.prepare([oneMain(forever)], first.identity.podUid, 2);
      await bench.provider.launch(second.launch, bench.signal());
      const found = await tasksOf(bench, first.identity.podUid);
      expect(new Set(found.map(({ identity }) => identity.attempt))).toEqual(new Set([1, 2]));
      expect(found).toHaveLength(2);
      expect(new Set(found.map(({ id }) => id)).size).toBe(2);
    },
  },
  {
    name: "a task and its names are read back from the cloud by a provider that never saw it",
    async run(bench) {
      const task = await bench.launch(oneMain(forever));
      const state = await task.until("it runs", isRunning());
      const fresh = await bench.target.reopen();
      try {
        const found = (await fresh.list()).find(({ identity }) => identity.podUid === task.identity.podUid);
        expect(found).toMatchObject({
          id: state.id,
          identity: task.identity,
          podName: state.podName,
          podNamespace: state.podNamespace,
          nodeName: bench.target.nodeName,
        });
        expect(found && containerOf(found)).toEqual(containerOf(state));
        const again = await fresh.launch(task.launch, bench.signal());
        expect(again.id).toBe(state.id);
      } finally {
        await fresh.close?.();
      }
      const [still] = await tasksOf(bench, task.identity.podUid);
      expect(still && containerOf(still)).toEqual(containerOf(state));
    },
  },
  {
    name: "closing a provider ends no task",
    async run(bench) {
      const task = await bench.launch(oneMain(forever));
      const running = containerOf(await task.until("it runs", isRunning()));
      const fresh = await bench.target.reopen();
      await fresh.list();
      await fresh.close?.();
      await bench.target.pass(500);
      const [still] = await tasksOf(bench, task.identity.podUid);
      expect(still && containerOf(still)).toEqual(running);
    },
  },
];
