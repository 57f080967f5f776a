import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { Bucket } from "./bucket.ts";
import type { BucketLimits } from "./tokens.ts";

describe("a bucket", () => {
  test("gives its burst at once, then one token per interval, in order of asking", async () => {
    const clock = fakeClock(0);
    const bucket = new Bucket(clock, { rate: 2, burst: 3 });
    const served: string[] = [];
    const asked = Array.from({ length: 6 }, (_, i) => bucket.take().then(() => served.push(`${i}@${clock.now()}`)));
    await clock.advance(0);
    expect(served).toEqual(["0@0", "1@0", "2@0"]);
    expect(bucket.waiting).toBe(3);
    await clock.advance(10_000);
    expect(served.slice(3)).toEqual(["3@500", "4@1000", "5@1500"]);
    await Promise.all(asked);
  });

  test("nobody overtakes one who waits", async () => {
    const clock = fakeClock(0);
    const bucket = new Bucket(clock, { rate: 1, burst: 5 });
    expect(bucket.tryTake(4)).toBe(true);
    const big = bucket.take(3);
    expect(bucket.tryTake(1)).toBe(false);
    expect(bucket.delay(1)).toBe(3_000);
    await clock.advance(2_000);
    await big;
    expect(bucket.tryTake(1)).toBe(false);
  });

  test("one who gives up takes nothing and makes way for those behind", async () => {
    const clock = fakeClock(0);
    const bucket = new Bucket(clock, { rate: 1, burst: 10 });
    bucket.tryTake(9);
    const controller = new AbortController();
    const big = bucket.take(10, controller.signal);
    let served = false;
    const small = bucket.take(1).then(() => (served = true));
    await clock.advance(0);
    expect(served).toBe(false);
    const reason = new Error("no longer");
    controller.abort(reason);
    await expect(big).rejects.toBe(reason);
    await expect(bucket.take(1, controller.signal)).rejects.toBe(reason);
    await small;
    expect(bucket.waiting).toBe(0);
  });

  test("a wall clock that jumps changes nothing", async () => {
    const clock = fakeClock(0);
    const bucket = new Bucket(clock, { rate: 1, burst: 1 });
    bucket.tryTake();
    clock.setNow(3_600_000);
    expect(bucket.tryTake()).toBe(false);
    clock.setNow(-3_600_000);
    await clock.advance(1_000);
    expect(bucket.tryTake()).toBe(true);
  });

  test("more than the burst is served from a full bucket, which then owes the rest", async () => {
    const clock = fakeClock(0);
    const bucket = new Bucket(clock, { rate: 1, burst: 2 });
    await bucket.take(5);
    expect(bucket.delay()).toBe(4_000);
  });

  test("a rate of 0 stops it until it is changed", async () => {
    const clock = fakeClock(0);
    const bucket = new Bucket(clock, { rate: 0, burst: 1 });
    bucket.tryTake();
    const waits = bucket.take();
    expect(bucket.delay()).toBe(Infinity);
    await clock.advance(1_000_000);
    expect(bucket.waiting).toBe(1);
    bucket.configure({ rate: 10, burst: 1 });
    await clock.advance(100);
    await waits;
  });

  test.for<[string, BucketLimits]>([
    ["a negative rate", { rate: -1, burst: 1 }],
    ["an endless rate", { rate: Infinity, burst: 1 }],
    ["no burst", { rate: 1, burst: 0 }],
    ["no number", { rate: Number.NaN, burst: 1 }],
  ])("refuses %s", ([, limits]) => {
    expect(() => new Bucket(fakeClock(), limits)).toThrow(RangeError);
  });

  test.for([0, -1, Number.NaN, Infinity])("refuses to give %d tokens", async (n) => {
    const bucket = new Bucket(fakeClock(), { rate: 1, burst: 1 });
    expect(() => bucket.tryTake(n)).toThrow(RangeError);
    await expect(bucket.take(n)).rejects.toThrow(RangeError);
  });
});

const limits = fc.record({
  rate: fc.double({ min: 0.1, max: 50, noNaN: true }),
  burst: fc.integer({ min: 5, max: 20 }),
});

type Step = { take: number } | { wait: number } | { abort: number } | { change: BucketLimits };
const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ take: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ wait: fc.integer({ min: 0, max: 3_000 }) }),
    fc.record({ abort: fc.nat(30) }),
    fc.record({ change: limits }),
  ),
  { maxLength: 60 },
);

describe("whatever happens to a bucket", () => {
  test("it never gives more than the burst and the rate allow, keeps the order, and serves everyone", async () => {
    await fc.assert(
      fc.asyncProperty(limits, steps, async (initial, script) => {
        const clock = fakeClock(0);
        const bucket = new Bucket(clock, initial);
        const served: { at: number; tokens: number; order: number }[] = [];
        const asked: { controller: AbortController; done: Promise<void> }[] = [];
        const used = [initial];
        let stopped = 0;
        for (const step of script) {
          if ("take" in step) {
            const controller = new AbortController();
            const order = asked.length;
            const done = bucket.take(step.take, controller.signal).then(
              () => void served.push({ at: clock.monotonic(), tokens: step.take, order }),
              () => void stopped++,
            );
            asked.push({ controller, done });
          } else if ("abort" in step) asked[step.abort]?.controller.abort(new Error("stop"));
          else if ("change" in step) {
            used.push(step.change);
            bucket.configure(step.change);
          } else await clock.advance(step.wait);
        }
        await clock.advance(1e8);
        await Promise.all(asked.map(({ done }) => done));
        expect(served.length + stopped).toBe(asked.length);
        expect(served.map(({ order }) => order)).toEqual(served.map(({ order }) => order).toSorted((a, b) => a - b));
        const rate = Math.max(...used.map((used) => used.rate));
        const burst = Math.max(...used.map((used) => used.burst));
        for (let from = 0; from < served.length; from++) {
          let sum = 0;
          for (const { at, tokens } of served.slice(from)) {
            sum += tokens;
            expect(sum).toBeLessThanOrEqual(burst + (rate * (at - (served[from]?.at ?? 0))) / 1000 + 1e-6);
          }
        }
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  test("the delay it promises is the delay it keeps", async () => {
    await fc.assert(
      fc.asyncProperty(
        limits,
        fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 20 }),
        async (limit, takes) => {
          const clock = fakeClock(0);
          const bucket = new Bucket(clock, limit);
          const checks = takes.map(async (n, index) => {
            const promised = bucket.delay(n);
            await bucket.take(n);
            expect(clock.now()).toBeGreaterThanOrEqual(promised - 1);
            expect(clock.now()).toBeLessThanOrEqual(promised + index + 1);
          });
          await clock.advance(1e8);
          await Promise.all(checks);
        },
      ),
      { numRuns: 150 },
    );
  });
});
