import { describe, expect, test } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { ProviderError } from "../model/provider-error.ts";
import { createLimiter } from "./limiter.ts";

const throttled = (retryAfter?: number): Promise<never> =>
  Promise.reject(
    new ProviderError("throttled", "ThrottlingException", "Rate exceeded", { ...(retryAfter && { retryAfter }) }),
  );

describe("a limiter", () => {
  test("passes results and errors through and slows down only when throttled", async () => {
    const limiter = createLimiter(fakeClock(), { rate: 10, burst: 10 });
    await expect(limiter.run(async () => 7)).resolves.toBe(7);
    await expect(limiter.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(limiter.rate).toBe(10);
    await expect(limiter.run(() => throttled())).rejects.toThrow("Rate exceeded");
    expect(limiter.rate).toBe(5);
  });

  test("a throttle answer takes the saved burst away", async () => {
    const clock = fakeClock(0);
    const limiter = createLimiter(clock, { rate: 10, burst: 10 });
    await limiter.run(() => throttled()).catch(() => {});
    expect(limiter.delay()).toBe(200);
    const sent = limiter.run(async () => clock.now());
    expect(limiter.waiting).toBe(1);
    await clock.advance(200);
    await expect(sent).resolves.toBe(200);
  });

  test("has no more saved up than the cloud says is left, and goes on from there", async () => {
    const clock = fakeClock(0);
    const limiter = createLimiter(clock, { rate: 10, burst: 10 });
    limiter.atMost(20);
    for (let nth = 0; nth < 5; nth++) await limiter.run(async () => nth);
    limiter.atMost(1);
    expect(limiter.delay()).toBe(0);
    limiter.atMost(0);
    expect([limiter.delay(), limiter.rate]).toEqual([100, 10]);
  });

  test("sends nothing before the time that the cloud named, and then at once", async () => {
    const clock = fakeClock(0);
    const limiter = createLimiter(clock, { rate: 10, burst: 10 });
    await limiter.run(() => throttled(30)).catch(() => {});
    expect(limiter.delay()).toBe(30_000);
    const sent = limiter.run(async () => clock.now());
    await clock.advance(60_000);
    await expect(sent).resolves.toBe(30_000);
  });

  test("grows back to full speed by itself and then holds no timer", async () => {
    const clock = fakeClock(0);
    const limiter = createLimiter(clock, { rate: 10, burst: 2, recovery: 1 });
    await limiter.run(() => throttled(2)).catch(() => {});
    await clock.advance(2_000);
    expect(limiter.rate).toBe(5);
    await clock.advance(3_000);
    expect(limiter.rate).toBeCloseTo(8);
    await clock.advance(3_000);
    expect(limiter.rate).toBe(10);
    expect(clock.pending).toBe(0);
  });

  test("a family under lasting throttling settles far below its rate and still lives", async () => {
    const clock = fakeClock(0);
    const limiter = createLimiter(clock, { rate: 100, burst: 100 });
    let refused = 0;
    for (let i = 0; i < 200; i++) {
      const call = limiter.run(() => throttled()).catch(() => refused++);
      await clock.advanceUntil(() => refused > i, 60_000);
      await call;
    }
    expect(limiter.rate).toBeGreaterThanOrEqual(10);
    expect(limiter.rate).toBeLessThan(15);
  });

  test("one who gives up while waiting calls nothing", async () => {
    const limiter = createLimiter(fakeClock(), { rate: 1, burst: 1 });
    await limiter.run(async () => {});
    const controller = new AbortController();
    let called = false;
    const waits = limiter.run(async () => (called = true), controller.signal);
    controller.abort(new Error("stop"));
    await expect(waits).rejects.toThrow("stop");
    expect(called).toBe(false);
  });
});
