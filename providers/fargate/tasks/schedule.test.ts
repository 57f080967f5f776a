import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { TaskState } from "../../../src/provider.ts";
import type { KnownTask } from "./known-tasks.ts";
import { dueBatches } from "./schedule.ts";

const phases = ["starting", "running", "stopping", "stopped"] as const;
const known = (index: number, phase: TaskState["phase"], seenAt: number, since = 0): KnownTask => ({
  arn: `arn-${index}`,
  // Only the phase counts here.
  state: { phase } as TaskState,
  since,
  seenAt,
});

test("a batch takes along what would be due next, and never what has ended", () => {
  const starting = known(0, "starting", 0);
  const others = Array.from({ length: 150 }, (_, index) => known(index + 1, "running", 0));
  const [batch = [], ...more] = dueBatches([...others, starting, known(999, "stopped", -99_000)], 1_000);
  expect(more).toEqual([]);
  expect(batch).toHaveLength(100);
  expect(batch[0]).toBe("arn-0");
  expect(batch).not.toContain("arn-999");
});

test("what has been starting for minutes is looked at as seldom as what runs", () => {
  expect(dueBatches([known(0, "starting", 200_000, 0)], 202_000)).toEqual([]);
  expect(dueBatches([known(0, "starting", 200_000, 0)], 205_000)).toEqual([["arn-0"]]);
});

test("however many tasks there are, they cost at most ten calls a second, and none is forgotten", () => {
  const load = fc.record({ count: fc.integer({ min: 0, max: 3_000 }), phase: fc.constantFrom(...phases) });
  fc.assert(
    fc.property(load, ({ count, phase }) => {
      let tasks = Array.from({ length: count }, (_, index) => known(index, phase, 0));
      let calls = 0;
      const seconds = 60;
      for (let second = 1; second <= seconds; second++) {
        const batches = dueBatches(tasks, second * 1_000);
        calls += batches.length;
        const seen = new Set(batches.flat());
        tasks = tasks.map((task) => (seen.has(task.arn) ? { ...task, seenAt: second * 1_000 } : task));
      }
      expect(calls / seconds).toBeLessThanOrEqual(10);
      if (phase === "stopped") expect(calls).toBe(0);
      else expect(Math.min(...tasks.map(({ seenAt }) => seenAt))).toBeGreaterThan(0);
    }),
    { numRuns: 30 },
  );
});
