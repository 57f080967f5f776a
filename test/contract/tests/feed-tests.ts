import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { ProviderError, type TaskFeed } from "../../../src/provider.ts";
import type { ContractTest } from "../contract.ts";
import { containerOf, forever, hasEnded, isRunning, oneMain } from "../workbench.ts";

export const feedTests: readonly ContractTest[] = [
  {
    name: "watch tells every task, then synced once, then changes, and resolves when told to stop",
    async run(bench) {
      const [first, second] = [await bench.launch(oneMain(forever)), await bench.launch(oneMain(forever))];
      for (const task of [first, second]) await task.until("it runs", isRunning());
      const seen: string[] = [];
      const stop = new AbortController();
      let ended = false;
      const watching = bench.provider.watch(recorder(seen), stop.signal).finally(() => (ended = true));
      await bench.until("synced was told", () => seen.includes("synced"));
      const before = new Set(seen.slice(0, seen.indexOf("synced")));
      expect(before).toEqual(new Set([first, second].map(({ identity }) => `task ${identity.podUid}`)));
      const third = await bench.launch(oneMain(forever));
      await bench.until("the new task was told", () => seen.includes(`task ${third.identity.podUid}`));
      await first.stopUntil("gone");
      await bench.until("the end was told", () => seen.includes(`gone ${first.identity.podUid}`));
      expect(seen.filter((word) => word === "synced")).toHaveLength(1);
      expect(ended).toBe(false);
      stop.abort();
      await bench.until("the watch ended", () => ended);
      await watching;
      const length = seen.length;
      await second.stopUntil("gone");
      await bench.target.pass(500);
      expect(seen).toHaveLength(length);
    },
  },
  {
    name: "a watch that is told to stop before it begins resolves",
    async run({ provider }) {
      await provider.watch(recorder([]), AbortSignal.abort());
    },
  },
  {
    name: "trouble of the cloud reaches the feed, ends there, and what happened meanwhile is told",
    async run(bench) {
      const task = await bench.launch(oneMain({ run: 3, exit: 6 }));
      // Where news come late, it may be over already.
      await task.until("it runs", (state) => isRunning()(state) || hasEnded()(state));
      const from = bench.feed.health.length;
      if (bench.target.trouble === undefined) throw new Error("this stand-in cannot make trouble");
      const repair = await bench.target.trouble();
      try {
        await bench.until("the feed told of the trouble", () => bench.feed.health.slice(from).some((told) => told));
        expect(bench.feed.health.at(-1)).toBeInstanceOf(ProviderError);
        await expect(bench.provider.list()).rejects.toBeInstanceOf(ProviderError);
        await bench.target.pass(3_000);
      } finally {
        await repair();
      }
      await bench.until("the feed told that it is over", () => bench.feed.health.at(-1) === undefined);
      expect(containerOf(await task.until("it ended", hasEnded())).state).toMatchObject({ exitCode: 6 });
    },
  },
  {
    name: "what goes wrong is a ProviderError",
    async run({ provider, target, signal }) {
      const task = { identity: { clusterUid: target.clusterUid, podUid: randomUUID(), attempt: 1 } };
      const unknown = { name: "ProviderError", kind: "notFound" };
      if (provider.restart !== undefined)
        await expect(provider.restart(task, "main", 1)).rejects.toMatchObject(unknown);
      const want = { follow: false, tailLines: undefined };
      const logs = provider.logs?.({ task, container: "main", instance: 0 }, want, signal());
      if (logs !== undefined) await expect(logs[Symbol.asyncIterator]().next()).rejects.toMatchObject(unknown);
    },
  },
  {
    name: "the node can promise something, and says what runs the pods",
    async run({ provider }) {
      const capacity = await provider.capacity();
      for (const amount of [capacity.cpu, capacity.memory, capacity.ephemeralStorage, capacity.pods])
        expect(amount).toBeGreaterThan(0);
      expect(["amd64", "arm64"]).toContain(capacity.architecture);
      expect(capacity.containerRuntime).toMatch(/^[a-z]+:\/\/.+/);
      expect(capacity.osImage).not.toBe("");
      expect(capacity.kernelVersion).not.toBe("");
    },
  },
];

function recorder(seen: string[]): TaskFeed {
  return {
    task: ({ identity }) => void seen.push(`task ${identity.podUid}`),
    gone: ({ podUid }) => void seen.push(`gone ${podUid}`),
    synced: () => void seen.push("synced"),
    health: () => {},
  };
}
