import { describe, expect, test } from "vitest";
import { metered, minuteMs, spanOf } from "./meter.ts";

/** A full hour, so that minutes are round. */
const t0 = Date.parse("2026-01-01T10:00:00Z");
const at = (minutes: number): number => t0 + minutes * minuteMs;
const minute = (nth: number, milliCores = 500, bytes = 1_000 + nth) => ({ at: at(nth), milliCores, bytes });

describe("the counter of a run", () => {
  test("adds each minute's average over the time that it covers, the first one from the run's start", () => {
    const startedAt = at(0.5);
    const meter = metered(undefined, startedAt, [minute(0), minute(1), minute(2, 100)], at(4));
    expect(meter).toEqual({ startedAt, until: at(3), cpuSeconds: 15 + 30 + 6, memoryBytes: 1_002 });
  });

  test("takes a minute up once, in whatever pieces they come", () => {
    const startedAt = at(0);
    const once = metered(undefined, startedAt, [minute(0), minute(1), minute(2)], at(10));
    const first = metered(undefined, startedAt, [minute(0), minute(1)], at(10));
    expect(metered(first, startedAt, [minute(0), minute(1), minute(2)], at(10))).toEqual(once);
    expect(metered(once, startedAt, [minute(1)], at(10))).toEqual(once);
  });

  test("leaves a minute that has just ended for later, as it may still change", () => {
    expect(metered(undefined, at(0), [minute(0), minute(1)], at(2.9))?.until).toBe(at(1));
    expect(metered(undefined, at(0), [minute(0), minute(1)], at(3))?.until).toBe(at(2));
    expect(metered(undefined, at(0), [minute(0)], at(1.5))).toBeUndefined();
  });

  test("waits for a minute that is missing, and begins anew from 0 when it does not come", () => {
    const known = metered(undefined, at(0), [minute(0)], at(2));
    const gap = [minute(2), minute(3)];
    expect(metered(known, at(0), gap, at(5))).toEqual(known);
    expect(metered(known, at(0), [minute(1), ...gap], at(5))).toMatchObject({ until: at(4), cpuSeconds: 120 });
    expect(metered(known, at(0), gap, at(8))).toMatchObject({ until: at(4), cpuSeconds: 30 });
    expect(metered(undefined, at(0), [minute(1)], at(4))).toBeUndefined();
  });

  test("begins at 0 where Azure was not asked for the start", () => {
    const startedAt = at(-600);
    expect(metered(undefined, startedAt, [minute(0)], at(2))).toMatchObject({ until: at(1), cpuSeconds: 0 });
  });

  test("is another one for another run of the container", () => {
    const known = metered(undefined, at(0), [minute(0), minute(1)], at(4));
    expect(metered(known, at(2.5), [minute(1), minute(2)], at(4))).toMatchObject({ until: at(3), cpuSeconds: 15 });
    expect(metered(known, at(3), [minute(1), minute(2)], at(4))).toBeUndefined();
  });
});

describe("what Azure is asked for", () => {
  test("is whole minutes from the run's start, or from what is known, until the last that has settled", () => {
    expect(spanOf(undefined, at(0.5), at(4.2))).toEqual({ from: at(0), to: at(3) });
    const known = metered(undefined, at(0.5), [minute(0)], at(2));
    expect(spanOf(known, at(0.5), at(4.2))).toEqual({ from: at(1), to: at(3) });
  });

  test("is nothing while no minute has settled", () => {
    expect(spanOf(undefined, at(0.5), at(1.9))).toBeUndefined();
    const known = metered(undefined, at(0.5), [minute(0)], at(2));
    expect(spanOf(known, at(0.5), at(2.9))).toBeUndefined();
  });

  test("is no more than the last hour", () => {
    expect(spanOf(undefined, at(0), at(600))).toEqual({ from: at(540), to: at(599) });
  });
});
