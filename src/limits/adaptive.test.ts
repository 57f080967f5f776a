import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AdaptiveLimits, fullSpeed, rateAt, recoveredAt, slowDown } from "./adaptive.ts";

const limits: AdaptiveLimits = { rate: 20, floor: 1, decrease: 0.5, recovery: 2 };

describe("the speed of a family", () => {
  test("halves at a throttle answer and grows back by a fixed amount a second", () => {
    const slowed = slowDown(fullSpeed(limits), limits, { sentAt: 900, now: 1_000, retryAfter: undefined });
    expect(rateAt(slowed, limits, 1_000)).toBe(10);
    expect(rateAt(slowed, limits, 3_000)).toBe(14);
    expect(recoveredAt(slowed, limits)).toBe(6_000);
    expect(rateAt(slowed, limits, 6_000)).toBe(20);
    expect(rateAt(slowed, limits, 60_000)).toBe(20);
    expect(recoveredAt(fullSpeed(limits), limits)).toBe(-Infinity);
  });

  test("answers to calls that were already under way are one complaint", () => {
    const first = slowDown(fullSpeed(limits), limits, { sentAt: 900, now: 1_000, retryAfter: undefined });
    const second = slowDown(first, limits, { sentAt: 990, now: 1_100, retryAfter: undefined });
    expect(rateAt(second, limits, 1_100)).toBeCloseTo(10.2);
    const third = slowDown(second, limits, { sentAt: 1_050, now: 1_200, retryAfter: undefined });
    expect(rateAt(third, limits, 1_200)).toBeCloseTo(5.2);
  });

  test("stays closed for as long as the longest answer says, and grows only from then on", () => {
    const slowed = slowDown(fullSpeed(limits), limits, { sentAt: 900, now: 1_000, retryAfter: 5 });
    expect(slowed.closedUntil).toBe(6_000);
    const late = slowDown(slowed, limits, { sentAt: 950, now: 1_100, retryAfter: 10 });
    expect(late.closedUntil).toBe(11_100);
    expect(rateAt(late, limits, 11_100)).toBe(10);
    const early = slowDown(late, limits, { sentAt: 960, now: 1_200, retryAfter: 1 });
    expect(early.closedUntil).toBe(11_100);
  });

  test("never leaves the span between floor and full rate, whatever the cloud answers", () => {
    const answers = fc.array(
      fc.record({ pause: fc.nat(5_000), flight: fc.nat(3_000), retryAfter: fc.option(fc.nat(30), { nil: undefined }) }),
    );
    fc.assert(
      fc.property(answers, (script) => {
        let now = 0;
        let state = fullSpeed(limits);
        for (const { pause, flight, retryAfter } of script) {
          now += pause;
          const before = rateAt(state, limits, now);
          state = slowDown(state, limits, { sentAt: now - flight, now, retryAfter });
          expect(rateAt(state, limits, now)).toBeLessThanOrEqual(before);
          expect(rateAt(state, limits, now)).toBeGreaterThanOrEqual(limits.floor);
          if (retryAfter !== undefined) expect(state.closedUntil).toBeGreaterThanOrEqual(now + retryAfter * 1000);
        }
        expect(rateAt(state, limits, Math.max(now, state.closedUntil) + 10_000)).toBe(limits.rate);
      }),
    );
  });
});
