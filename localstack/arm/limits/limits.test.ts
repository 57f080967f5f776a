import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { createScenarioBox } from "../../scenario/box.ts";
import type { ScenarioInput } from "../../scenario/schema.ts";
import { createAllowance } from "./allowance.ts";
import { createLimits, type Limits } from "./limits.ts";

/** How many calls pass one after the other, out of so many; the refusal of the first one that does not. */
function passing(calls: number, call: () => unknown): { passed: number; refusal: unknown } {
  for (let passed = 0; passed < calls; passed++) {
    try {
      call();
    } catch (refusal) {
      return { passed, refusal };
    }
  }
  return { passed: calls, refusal: undefined };
}

const open = (scenario: ScenarioInput = {}) => {
  const clock = fakeClock();
  const box = createScenarioBox(scenario);
  return { clock, box, limits: createLimits(clock, box) };
};

describe("an allowance", () => {
  test("lets no more through than there are, and what has come back since", async () => {
    const steps = fc.array(fc.record({ wait: fc.nat(100_000), calls: fc.nat(30) }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(steps, async (moves) => {
        const clock = fakeClock();
        const start = clock.monotonic();
        const allowance = createAllowance(clock, () => ({ burst: 20, seconds: 300, manner: "bit by bit" }));
        let taken = 0;
        for (const { wait, calls } of moves) {
          await clock.advance(wait);
          for (let i = 0; i < calls; i++) {
            if (allowance.wait() > 0) break;
            allowance.take();
            taken += 1;
          }
          expect(taken).toBeLessThanOrEqual(20 + ((clock.monotonic() - start) / 300_000) * 20 + 0.01);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("of a window is whole again when that is over, and not before", async () => {
    const clock = fakeClock();
    const allowance = createAllowance(clock, () => ({ burst: 2, seconds: 300, manner: "at its end" }));
    await clock.advance(1_000_000);
    expect([allowance.take(), allowance.take(), allowance.wait()]).toEqual([1, 0, 300]);
    await clock.advance(299_000);
    expect(allowance.wait()).toBe(1);
    await clock.advance(1000);
    expect([allowance.wait(), allowance.take()]).toEqual([0, 1]);
  });

  test("says how long to wait, after which there is one", async () => {
    const clock = fakeClock();
    const allowance = createAllowance(clock, () => ({ burst: 3, seconds: 30, manner: "bit by bit" }));
    for (let i = 0; i < 3; i++) allowance.take();
    expect(allowance.wait()).toBe(10);
    await clock.advance(10_000);
    expect(allowance.wait()).toBe(0);
  });
});

describe("the limits of a subscription", () => {
  test.for([
    ["reads", 250, 25],
    ["writes", 200, 10],
    ["deletes", 200, 10],
  ] as const)("%s: %i at once and %i more after a second", async ([kind, burst, rate]) => {
    const { clock, limits } = open();
    const { passed, refusal } = passing(500, () => limits.call(kind));
    expect([passed, refusal]).toEqual([
      burst,
      expect.objectContaining({ status: 429, headers: { "retry-after": "1" } }),
    ]);
    await clock.advance(1000);
    expect(passing(500, () => limits.call(kind)).passed).toBe(rate);
  });

  test("creations have 100 in five minutes and 300 in an hour, and deletions have their own", async () => {
    const { clock, limits } = open();
    const create = () => limits.window("creates", "westeurope");
    expect(create()).toEqual({
      "x-ms-ratelimit-remaining-subscription-resource-requests-pt5m": "99",
      "x-ms-ratelimit-remaining-subscription-resource-requests-pt1h": "299",
    });
    expect(passing(500, create).passed).toBe(99);
    expect(passing(500, () => limits.window("deletes", "westeurope")).passed).toBe(100);
    let all = 100;
    for (let minutes = 5; minutes <= 20; minutes += 5) {
      await clock.advance(300_000);
      all += passing(500, create).passed;
    }
    // Of the hour's 300 one comes back every 12 seconds.
    expect(all).toBe(400);
  });

  test.for([
    ["bit by bit", "sent", 20, "3"],
    ["at its end", "absent", 0, undefined],
  ] as const)("creations come back %s, and Retry-After is %s", async ([window, retryAfter, later, header]) => {
    const { clock, limits } = open({ switches: { azure: { window, retryAfter } } });
    const { refusal } = passing(500, () => limits.window("creates", "westeurope"));
    expect((refusal as { headers: Record<string, string> }).headers["retry-after"]).toBe(header);
    await clock.advance(60_000);
    expect(passing(500, () => limits.window("creates", "westeurope")).passed).toBe(later);
    await clock.advance(240_000);
    expect(passing(500, () => limits.window("creates", "westeurope")).passed).toBeGreaterThanOrEqual(80);
  });

  test.for([
    ["subscription", 0],
    ["location", 100],
  ] as const)("creations are counted by %s: %i more in another region", ([windowScope, more]) => {
    const { limits } = open({ switches: { azure: { windowScope } } });
    passing(500, () => limits.window("creates", "westeurope"));
    expect(passing(500, () => limits.window("creates", "eastus")).passed).toBe(more);
  });

  test("are as large as the scenario says, and refuse nothing without throttling", () => {
    const count = (limits: Limits) => passing(5000, () => limits.window("creates", "westeurope")).passed;
    expect(count(open({ azure: { creates: { fiveMinutes: 900, hour: 1800 } } }).limits)).toBe(900);
    expect(count(open({ switches: { throttling: false } }).limits)).toBe(5000);
  });
});
