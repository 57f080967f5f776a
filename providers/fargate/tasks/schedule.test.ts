import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { TaskState } from "../../../src/provider.ts";
import type { KnownTask } from "./known-tasks.ts";
import { dueBatches } from "./schedule.ts";

const phases = ["starting", "running", "stopping", "stopped"] as const;
const known = (index: number, phase: TaskState["phase"], seenAt: number, since = 0, isChecked = false): KnownTask => ({
  arn: `arn-${index}`,
  // Only the phase counts here.
  state: { phase } as TaskState,
  since,
  seenAt,
  isChecked,
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

test("with events what runs is looked at once a minute, what starts each ten seconds, and what ECS checks each five", () => {
  const pushed = (phase: TaskState["phase"], isChecked: boolean, now: number) =>
    dueBatches([known(0, phase, 100_000, 50_000, isChecked)], now, "pushed").length;
  for (const [phase, isChecked, due] of [
    ["running", false, 160_000],
    ["starting", false, 110_000],
    ["stopping", false, 110_000],
    ["running", true, 105_000],
    ["starting", true, 105_000],
  ] as const)
    expect([phase, isChecked, pushed(phase, isChecked, due - 1), pushed(phase, isChecked, due)]).toEqual([
      phase,
      isChecked,
      0,
      1,
    ]);
  expect(pushed("stopped", true, 900_000)).toBe(0);
});

test.for([
  ["polled", 10],
  ["pushed", 4],
] as const)(
  "however many tasks there are, %s they cost at most %i calls a second, and none is forgotten",
  ([feeding, most]) => {
    const load = fc.record({
      count: fc.integer({ min: 0, max: 3_000 }),
      phase: fc.constantFrom(...phases),
      isChecked: fc.boolean(),
    });
    fc.assert(
      fc.property(load, ({ count, phase, isChecked }) => {
        let tasks = Array.from({ length: count }, (_, index) => known(index, phase, 0, 0, isChecked));
        let calls = 0;
        const seconds = 150;
        for (let second = 1; second <= seconds; second++) {
          const batches = dueBatches(tasks, second * 1_000, feeding);
          calls += batches.length;
          const seen = new Set(batches.flat());
          tasks = tasks.map((task) => (seen.has(task.arn) ? { ...task, seenAt: second * 1_000 } : task));
        }
        expect(calls / seconds).toBeLessThanOrEqual(most);
        if (phase === "stopped") expect(calls).toBe(0);
        else expect(Math.min(...tasks.map(({ seenAt }) => seenAt))).toBeGreaterThan(0);
      }),
      { numRuns: 30 },
    );
  },
);
