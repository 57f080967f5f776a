import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dueGroups, intervalsOf, type ScheduledGroup, nextDue } from "./schedule.ts";

const group = (name: string, change: Partial<ScheduledGroup> = {}): ScheduledGroup => ({
  name,
  phase: "running",
  mayEnd: false,
  since: 0,
  seenAt: 0,
  ...change,
});

describe("groups are read", () => {
  test("every two seconds while they start or stop, every five where they may end, else every 45", () => {
    const groups = [
      group("steady"),
      group("job", { mayEnd: true }),
      group("starts", { phase: "starting" }),
      group("stops", { phase: "stopping" }),
      group("ended", { phase: "stopped" }),
    ];
    expect(dueGroups(groups, 1_999)).toEqual([]);
    expect(dueGroups(groups, 2_000)).toEqual(["starts", "stops"]);
    expect(dueGroups(groups, 5_000)).toEqual(["starts", "stops", "job"]);
    expect(dueGroups(groups, 45_000)).toEqual(["starts", "stops", "job", "steady"]);
  });

  test("seldom again when their start takes for ever", () => {
    expect(dueGroups([group("a", { phase: "starting", seenAt: 299_000 })], 301_500)).toEqual([]);
    const job = group("a", { phase: "starting", mayEnd: true, seenAt: 299_000 });
    expect(dueGroups([job], 304_000)).toEqual(["a"]);
  });

  test("with those first that have waited longest", () => {
    const groups = [group("b", { seenAt: 2 }), group("a", { seenAt: 1 })];
    expect(dueGroups(groups, 50_000)).toEqual(["a", "b"]);
  });

  test("at a time that is known before", () => {
    expect(nextDue([group("a"), group("b", { phase: "starting" })], 500)).toBe(1_500);
    expect(nextDue([group("a")], 99_000)).toBe(0);
    expect(nextDue([group("a", { phase: "stopped" })], 0)).toBeUndefined();
  });
});

describe("the budget", () => {
  const counts = fc.record({ busy: fc.nat(2_000), ending: fc.nat(2_000), steady: fc.nat(5_000) });

  test("of 20 GETs a second is kept with any number of groups", () => {
    fc.assert(
      fc.property(counts, (count) => {
        const interval = intervalsOf(count);
        const rate = (["busy", "ending", "steady"] as const).reduce(
          (sum, pace) => sum + count[pace] / interval[pace],
          0,
        );
        expect(rate * 1000).toBeLessThan(20);
      }),
    );
  });

  test("lets 500 groups that run be known within a minute, and 75 that start beside them within ten seconds", () => {
    const { steady, busy } = intervalsOf({ steady: 500, busy: 75, ending: 0 });
    expect(steady).toBeLessThanOrEqual(60_000);
    expect(busy).toBeLessThanOrEqual(10_000);
  });
});
