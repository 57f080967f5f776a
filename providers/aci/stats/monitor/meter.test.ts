import { describe, expect, test } from "vitest";
import { metered, minuteMs, type Run, spanOf } from "./meter.ts";

/** A full hour, so that minutes are round. */
const t0 = Date.parse("2026-01-01T10:00:00Z");
const at = (minutes: number): number => t0 + minutes * minuteMs;
const minute = (nth: number, milliCores = 500, bytes = 1_000 + nth) => ({ at: at(nth), milliCores, bytes });
const run = (start: number, end?: number): Run => ({
  startedAt: at(start),
  ...(end !== undefined && { endedAt: at(end) }),
});
const last = (...how: Parameters<typeof metered>) => metered(...how).at(-1);

describe("the counter of a container", () => {
  test("adds each minute's average over the time that it covers, the first one from the run's start", () => {
    const meters = metered([], run(0.5), [minute(0), minute(1), minute(2, 100)], at(4));
    expect(meters.map(({ until, cpuSeconds }) => [until, cpuSeconds])).toEqual([
      [at(1), 15],
      [at(2), 15 + 30],
      [at(3), 15 + 30 + 6],
    ]);
    expect(meters.at(-1)).toMatchObject({ startedAt: at(0.5), memoryBytes: 1_002 });
  });

  test("takes a minute up once, in whatever pieces they come", () => {
    const once = metered([], run(0), [minute(0), minute(1), minute(2)], at(10));
    const first = metered([], run(0), [minute(0), minute(1)], at(10));
    expect(metered(first, run(0), [minute(0), minute(1), minute(2)], at(10))).toEqual(once);
    expect(metered(once, run(0), [minute(1)], at(10))).toEqual(once);
  });

  test("leaves a minute that has just ended for later, as it may still change", () => {
    expect(last([], run(0), [minute(0), minute(1)], at(2.9))?.until).toBe(at(1));
    expect(last([], run(0), [minute(0), minute(1)], at(3))?.until).toBe(at(2));
    expect(metered([], run(0), [minute(0)], at(1.5))).toEqual([]);
  });

  test("waits for a minute that is missing, and begins anew from 0 when it does not come", () => {
    const known = metered([], run(0), [minute(0)], at(2));
    const gap = [minute(2), minute(3)];
    expect(metered(known, run(0), gap, at(5))).toEqual(known);
    expect(last(known, run(0), [minute(1), ...gap], at(5))).toMatchObject({ until: at(4), cpuSeconds: 120 });
    expect(last(known, run(0), gap, at(8))).toMatchObject({ until: at(4), cpuSeconds: 30 });
    expect(metered([], run(0), [minute(2)], at(5))).toEqual([]);
  });

  test("begins with the second minute where the first one was too short to be told", () => {
    const meters = metered([], run(0.9), [minute(1), minute(2)], at(4));
    expect(meters.map(({ until, cpuSeconds }) => [until, cpuSeconds])).toEqual([
      [at(2), 30],
      [at(3), 60],
    ]);
  });

  test("begins at 0 where Azure was not asked for the start", () => {
    expect(last([], run(-600), [minute(0)], at(2))).toMatchObject({ until: at(1), cpuSeconds: 0 });
  });

  test("goes on over a run that follows at once, and over minutes in which none was", () => {
    const known = metered([], run(0), [minute(0), minute(1)], at(4));
    expect(last(known, run(2.5), [minute(1), minute(2)], at(4))).toEqual({
      startedAt: at(0),
      until: at(3),
      cpuSeconds: 90,
      memoryBytes: 1_002,
    });
    // Nothing ran from the second to the fourth minute, and the run of the fifth began in its middle.
    expect(last(known, run(5.5), [minute(5)], at(8))).toMatchObject({ until: at(6), cpuSeconds: 60 + 15 });
    // Of a run between them only its minute tells.
    expect(last(known, run(5.5), [minute(3), minute(5)], at(8))).toMatchObject({
      until: at(6),
      cpuSeconds: 60 + 30 + 15,
    });
  });

  test("ends with the last run", () => {
    const ended = run(0.5, 2.25);
    expect(last([], ended, [minute(0), minute(1), minute(2)], at(5))).toMatchObject({
      until: at(3),
      cpuSeconds: 15 + 30 + 7.5,
    });
  });

  test("is kept as of some minutes", () => {
    const all = Array.from({ length: 20 }, (_, nth) => minute(nth));
    expect(metered([], run(0), all, at(30)).map(({ until }) => until)).toEqual([15, 16, 17, 18, 19, 20].map(at));
  });
});

describe("what Azure is asked for", () => {
  test("is whole minutes from the run's start, or from what is known, until the last that has settled", () => {
    expect(spanOf([], run(0.5), at(4.2))).toEqual({ from: at(0), to: at(3) });
    const known = metered([], run(0.5), [minute(0)], at(2));
    expect(spanOf(known, run(0.5), at(4.2))).toEqual({ from: at(1), to: at(3) });
  });

  test("is nothing while no minute has settled", () => {
    expect(spanOf([], run(0.5), at(1.9))).toBeUndefined();
    const known = metered([], run(0.5), [minute(0)], at(2));
    expect(spanOf(known, run(0.5), at(2.9))).toBeUndefined();
  });

  test("is no more than the last hour", () => {
    expect(spanOf([], run(0), at(600))).toEqual({ from: at(540), to: at(599) });
  });

  test("is of a container that has ended its last minute, and nothing when that does not come", () => {
    expect(spanOf([], run(0.5, 2.5), at(7))).toEqual({ from: at(0), to: at(3) });
    expect(spanOf([], run(0.5, 2.5), at(10))).toBeUndefined();
    const known = metered([], run(0.5, 2.5), [minute(0), minute(1), minute(2)], at(4));
    expect(spanOf(known, run(0.5, 2.5), at(5))).toBeUndefined();
  });
});
