import type { Task } from "@aws-sdk/client-ecs";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { TaskState } from "../../../src/provider.ts";
import { taskOf } from "../tasks/testing.ts";
import { pushWorld } from "./testing.ts";

/** What becomes of a task, one version after the other. */
const life = [
  ["PENDING", "PROVISIONING", "RUNNING"],
  ["PENDING", "PENDING", "RUNNING"],
  ["RUNNING", "RUNNING", "RUNNING"],
  ["RUNNING", "DEACTIVATING", "STOPPED"],
  ["STOPPED", "DEPROVISIONING", "STOPPED"],
  ["STOPPED", "STOPPED", "STOPPED"],
] as const;
const versionOf = (podUid: string, index: number): Task => {
  const [container = "PENDING", lastStatus = "PENDING", desiredStatus = "RUNNING"] = life[index] ?? [];
  const exit = container === "STOPPED" ? { exitCode: 3 } : {};
  return taskOf(podUid, { lastStatus: container, ...exit }, { lastStatus, desiredStatus, version: index + 1 });
};

test("whatever order events come in, however often, and whichever are lost: what is known is what polling knows", async () => {
  const step = fc.record({
    /** Of which task, and how far it goes on. */
    task: fc.constantFrom("a", "b"),
    upTo: fc.integer({ min: 0, max: life.length - 1 }),
    /** Which of its events come now, if any: lost ones, old ones, in any order and twice. */
    told: fc.array(fc.integer({ min: 0, max: life.length - 1 }), { maxLength: 6 }),
    wait: fc.integer({ min: 0, max: 20_000 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const [pushed, polled] = [pushWorld(), pushWorld({ isPushed: false })];
      const both = [pushed, polled];
      for (const one of both) {
        for (const uid of ["a", "b"]) one.ecs.tasks.set(versionOf(uid, 0).taskArn ?? "", versionOf(uid, 0));
        await one.watch();
      }
      const reached = new Map<string, number>();
      for (const { task, upTo, told, wait } of steps) {
        const now = Math.max(reached.get(task) ?? 0, upTo);
        reached.set(task, now);
        for (const one of both) {
          one.ecs.tasks.set(versionOf(task, now).taskArn ?? "", versionOf(task, now));
          for (const index of told) if (index <= now) one.tell(versionOf(task, index));
          await one.clock.advance(wait);
        }
      }
      for (const one of both) await one.clock.advance(75_000);
      const states = both.map(({ tasks }) =>
        // Once a task has ended nobody looks what else of it is counted.
        [...tasks.values()].map(({ state: { version: _version, ...state } }) => ({
          ...state,
          containers: state.containers.map(withoutTimes),
        })),
      );
      expect(states[0]).toEqual(states[1]);
      // No state was told that is older than the one before.
      const versions = pushed
        .news()
        .filter((line) => line.startsWith("a "))
        .map((line) => Number(line.split(" ")[2]));
      expect(versions).toEqual(versions.toSorted((x, y) => x - y));
      pushed.stop.abort();
      polled.stop.abort();
    }),
    { numRuns: 150 },
  );
});

/** ECS tells no time of this end, so it has the one at which it was seen. */
function withoutTimes(container: TaskState["containers"][number]): object {
  return { ...container, state: { ...container.state, finishedAt: undefined } };
}
