import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { ContractTest } from "../contract.ts";
import { containerOf, forever, hasEnded, isRunning, oneMain } from "../workbench.ts";

export const stopTests: readonly ContractTest[] = [
  {
    name: "stop of a task that never existed is gone",
    async run({ provider, target }) {
      const identity = { clusterUid: target.clusterUid, podUid: randomUUID(), attempt: 1 };
      for (const discard of [false, true])
        expect(await provider.stop({ identity }, { graceSeconds: 30, discard })).toBe("gone");
    },
  },
  {
    name: "stop ends a task, keeps its last states until they are discarded, and then nothing is left of it",
    async run(bench) {
      const task = await bench.launchHeeding(oneMain(forever));
      await task.until("it runs", isRunning());
      await task.stopUntil("stopped", 10);
      const listed = (await bench.provider.list()).find(({ identity }) => identity.podUid === task.identity.podUid);
      expect(listed?.phase).toBe("stopped");
      expect(listed && containerOf(listed).state).toMatchObject({ is: "terminated", exitCode: 143 });
      await task.stopUntil("gone");
      const left = (await bench.provider.list()).filter(({ identity }) => identity.podUid === task.identity.podUid);
      expect(left).toEqual([]);
      await bench.until("the feed told that it is gone", () =>
        bench.feed.gone.some(({ podUid }) => podUid === task.identity.podUid),
      );
      expect(await bench.provider.stop(task, { graceSeconds: 0, discard: true })).toBe("gone");
    },
  },
  {
    name: "a container that ignores SIGTERM is killed when its grace is over, not before",
    async run(bench) {
      const task = await bench.launch(oneMain({ run: "forever", atTerm: "ignore" }));
      await task.until("it runs", isRunning());
      // A target's clock may run four times as fast.
      const how = { graceSeconds: 8, discard: false };
      expect(await bench.provider.stop(task, how)).toBe("stopping");
      await bench.target.pass(500);
      expect(await bench.provider.stop(task, how)).toBe("stopping");
      const { state } = containerOf(await task.until("it ended", hasEnded()));
      expect(state).toMatchObject({ exitCode: 137 });
    },
  },
  {
    name: "a later stop with less grace shortens it",
    async run(bench) {
      // Without a kill it ends by itself, with another code, long before the grace that its pod began with.
      const task = await bench.launch({ name: "main", does: { run: 30, atTerm: "ignore" }, grace: 600 });
      await task.until("it runs", isRunning());
      expect(await bench.provider.stop(task, { graceSeconds: 600, discard: false })).toBe("stopping");
      await bench.target.pass(300);
      await bench.provider.stop(task, { graceSeconds: 0, discard: false });
      const { state } = containerOf(await task.until("it ended", hasEnded()));
      expect(state).toMatchObject({ exitCode: 137 });
    },
  },
  {
    name: "stop during the init containers starts nothing more",
    async run(bench) {
      const task = await bench.launch({ name: "init", kind: "init", does: forever }, { name: "main", does: forever });
      await task.until("the init container runs", isRunning("init"));
      await task.stopUntil("stopped", 5);
      await bench.target.pass(500);
      const listed = (await bench.provider.list()).find(({ identity }) => identity.podUid === task.identity.podUid);
      expect(listed && containerOf(listed, "init").state.is).toBe("terminated");
      expect(listed && containerOf(listed, "main").state.is).not.toBe("running");
      expect(task.told.some(isRunning("main"))).toBe(false);
    },
  },
];
