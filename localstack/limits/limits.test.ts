import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { createScenarioBox } from "../scenario/box.ts";
import { ApiError } from "../server/service.ts";
import { createBucket } from "./bucket.ts";
import { createBuckets } from "./buckets.ts";

/** How many calls pass one after the other, out of so many. */
function passing(calls: number, call: () => void): number {
  let passed = 0;
  for (let i = 0; i < calls; i++) {
    try {
      call();
      passed += 1;
    } catch (error) {
      expect(error).toMatchObject({ type: "ThrottlingException", message: "Rate exceeded", status: 400 });
      expect(error).toBeInstanceOf(ApiError);
    }
  }
  return passed;
}

describe("a bucket", () => {
  test("never lets more through than its burst and what has flowed in since", async () => {
    const steps = fc.array(fc.record({ wait: fc.nat(3000), calls: fc.nat(30) }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(steps, async (moves) => {
        const clock = fakeClock();
        const start = clock.monotonic();
        const bucket = createBucket(clock, () => ({ burst: 20, rate: 5 }));
        let taken = 0;
        for (const { wait, calls } of moves) {
          await clock.advance(wait);
          for (let i = 0; i < calls; i++) if (bucket.take()) taken += 1;
          expect(taken).toBeLessThanOrEqual(20 + ((clock.monotonic() - start) / 1000) * 5 + 0.01);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("the buckets of an account", () => {
  test.for([
    ["ecs", "RegisterTaskDefinition", 20, 1],
    ["ecs", "RunTask", 20, 20],
    ["ecs", "StopTask", 100, 40],
    ["ecs", "DescribeTasks", 100, 20],
    ["ecs", "DescribeTaskDefinition", 50, 20],
    ["ecs", "DeleteTaskDefinitions", 5, 1],
    ["logs", "GetLogEvents", 25, 25],
    ["logs", "FilterLogEvents", 25, 25],
  ] as const)("%s:%s takes %i at once and %i more after a second", async ([service, operation, burst, rate]) => {
    const clock = fakeClock();
    const buckets = createBuckets(clock, createScenarioBox());
    expect(passing(500, () => buckets.take(service, operation))).toBe(burst);
    await clock.advance(1000);
    expect(passing(500, () => buckets.take(service, operation))).toBe(rate);
  });

  test("DescribeTasks and ListTasks share one; a call that another bucket refuses takes nothing", () => {
    const buckets = createBuckets(fakeClock(), createScenarioBox());
    expect(passing(60, () => buckets.take("ecs", "ListTasks"))).toBe(60);
    expect(passing(60, () => buckets.take("ecs", "DescribeTasks"))).toBe(40);
    expect(passing(50, () => buckets.take("ecs", "RunTask"))).toBe(20);
    // Of 100 shared tokens RunTask has taken 20, not 50.
    expect(passing(100, () => buckets.take("ecs", "StopTask"))).toBe(80);
  });

  test("launches have a bucket of their own for each market, of tasks and not of calls", () => {
    const buckets = createBuckets(fakeClock(), createScenarioBox());
    expect(passing(20, () => buckets.launch(10, "on-demand"))).toBe(10);
    expect(passing(20, () => buckets.launch(10, "spot"))).toBe(10);
  });

  test("a quota says how large a bucket is, at once", () => {
    const scenario = createScenarioBox({ quotas: { "L-1E6DEB89": 3 } });
    const buckets = createBuckets(fakeClock(), scenario);
    expect(passing(10, () => buckets.take("ecs", "RegisterTaskDefinition"))).toBe(3);
  });

  test("regions have rates of their own", () => {
    const buckets = createBuckets(fakeClock(), createScenarioBox({ region: "eu-central-1" }));
    expect(passing(50, () => buckets.take("logs", "GetLogEvents"))).toBe(10);
    expect(passing(50, () => buckets.take("logs", "FilterLogEvents"))).toBe(5);
  });

  test("without throttling nothing is refused", () => {
    const buckets = createBuckets(fakeClock(), createScenarioBox({ switches: { throttling: false } }));
    expect(passing(500, () => buckets.take("ecs", "RunTask"))).toBe(500);
  });
});
