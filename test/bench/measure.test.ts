import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countWrites, median, percentile, speedOf } from "./measure.ts";

describe("statistics", () => {
  it.each([
    [[3], 0.5, 3],
    [[1, 2, 3, 4], 0.5, 2],
    [[4, 1, 3, 2], 0.99, 4],
    [Array.from({ length: 100 }, (_, index) => index + 1), 0.99, 99],
    [[], 0.5, Number.NaN],
  ])("of %j the share %d lies at or below %d", (values, share, expected) => {
    expect(percentile(values, share)).toBe(expected);
  });

  it("a percentile is a value that was seen, and enough values lie at or below it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, share) => {
          const found = percentile(values, share);
          expect(values).toContain(found);
          expect(values.filter((value) => value <= found).length).toBeGreaterThanOrEqual(share * values.length);
        },
      ),
    );
  });

  it.each([
    [[5], 5],
    [[9, 1, 5], 5],
    [[1, 2, 10, 3], 2.5],
  ])("the median of %j is %d", (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});

describe("writes in an audit log", () => {
  const line = (verb: string, resource: string, username = "we", subresource?: string) =>
    JSON.stringify({
      verb,
      user: { username },
      objectRef: { resource, ...(subresource !== undefined && { subresource }) },
    });

  it("are counted by verb and resource, for one user, without reads and without the node's heartbeat", () => {
    const log = [
      line("patch", "pods", "we", "status"),
      line("patch", "pods", "we", "status"),
      line("create", "events"),
      line("create", "pods", "we", "binding"),
      line("get", "pods"),
      line("watch", "pods"),
      line("update", "leases"),
      line("patch", "nodes", "we", "status"),
      line("patch", "pods", "others", "status"),
    ];
    expect(countWrites(`${log.join("\n")}\n`, "we")).toEqual({
      total: 4,
      by: { "patch pods/status": 2, "create events": 1, "create pods/binding": 1 },
    });
  });

  it("leave out a line that is still being written", () => {
    const whole = line("create", "events");
    expect(countWrites(`${whole}\n${whole.slice(0, 20)}`, "we").total).toBe(1);
    expect(countWrites("", "we").total).toBe(0);
  });
});

describe("speed", () => {
  it("is counted from the first request, and a pod's own times from its creation and its bind", () => {
    const pods = [
      { created: 1000, bound: 1100, running: 1500, ready: 1600 },
      { created: 1200, bound: 2000, running: 3000, ready: 3200 },
    ];
    expect(speedOf(pods, 1250)).toEqual({
      allCreated: 0.25,
      allBound: 1,
      allRunning: 2,
      allReady: 2.2,
      podsPerSecond: 1,
      readyFromCreation: { p50: 0.6, p99: 2 },
      readyFromBind: { p50: 0.5, p99: 1.2 },
    });
  });

  it("of a pod that never came so far is no number", () => {
    expect(speedOf([{ created: 0, bound: 1, running: 2 }], 1).allReady).toBeNaN();
  });
});
