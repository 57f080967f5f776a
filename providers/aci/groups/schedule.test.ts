import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BUDGET, dueGroups, intervalsOf, type ScheduledGroup, STEADY_PER_SECOND } from "./schedule.ts";

const group = (name: string, change: Partial<ScheduledGroup> = {}): ScheduledGroup => ({
  name,
  phase: "running",
  mayEnd: false,
  since: 0,
  seenAt: 0,
  ...change,
});

describe("groups are read", () => {
  test("every two seconds while they start or stop, every five where they may end, else every ten", () => {
    const groups = [
      group("steady"),
      group("job", { mayEnd: true }),
      group("starts", { phase: "starting" }),
      group("stops", { phase: "stopping" }),
      group("ended", { phase: "stopped" }),
    ];
    const due = (now: number) => Object.values(dueGroups(groups, now)).flat();
    expect(due(1_999)).toEqual([]);
    expect(due(2_000)).toEqual(["starts", "stops"]);
    expect(due(5_000)).toEqual(["starts", "stops", "job"]);
    expect(due(9_999)).not.toContain("steady");
    expect(dueGroups(groups, 10_000)).toEqual({ quick: ["starts", "stops", "job"], steady: ["steady"] });
  });

  test("seldom again when their start takes for ever", () => {
    const none = { quick: [], steady: [] };
    expect(dueGroups([group("a", { phase: "starting", seenAt: 299_000 })], 301_500)).toEqual(none);
    const job = group("a", { phase: "starting", mayEnd: true, seenAt: 299_000 });
    expect(dueGroups([job], 304_000)).toEqual({ quick: ["a"], steady: [] });
  });

  test("with those first that have waited longest", () => {
    const groups = [group("b", { seenAt: 2 }), group("a", { seenAt: 1 })];
    expect(dueGroups(groups, 50_000).steady).toEqual(["a", "b"]);
  });
});

describe("the budget", () => {
  const counts = fc.record({ busy: fc.nat(2_000), ending: fc.nat(2_000), steady: fc.nat(5_000) });

  test("of 20 GETs a second is kept with any number of groups", () => {
    fc.assert(
      fc.property(counts, (count) => {
        const interval = intervalsOf(count);
        const quick = (count.busy / interval.busy + count.ending / interval.ending) * 1000;
        const steady = Math.min(STEADY_PER_SECOND, (count.steady / interval.steady) * 1000);
        expect(quick + steady).toBeLessThanOrEqual(BUDGET + 1e-6);
      }),
    );
  });

  test("lets 500 groups that run be known within a minute, and 75 that start beside them within ten seconds", () => {
    expect(500 / STEADY_PER_SECOND).toBeLessThanOrEqual(60);
    expect(intervalsOf({ steady: 500, busy: 75, ending: 0 }).busy).toBeLessThanOrEqual(10_000);
  });
});
