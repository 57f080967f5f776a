import { describe, expect, test } from "vitest";
import { fakeClock } from "../test/support/fake-clock.ts";
import { createPacedClock } from "./clock.ts";

describe("a paced clock", () => {
  test("goes by its rate, also after that has changed", async () => {
    const below = fakeClock(1_000_000);
    const clock = createPacedClock(below, 60);
    await below.advance(1000);
    expect(clock.now()).toBe(1_060_000);
    clock.setRate(2);
    await below.advance(500);
    expect(clock.now()).toBe(1_061_000);
  });

  test("fires timers in the order of their times, when their time has come", async () => {
    const below = fakeClock();
    const clock = createPacedClock(below, 10);
    const fired: string[] = [];
    clock.after(20_000, () => fired.push("second"));
    clock.after(10_000, () => fired.push("first"));
    clock.after(15_000, () => fired.push("never"))();
    await below.advance(1000);
    expect(fired).toEqual(["first"]);
    await below.advance(1000);
    expect(fired).toEqual(["first", "second"]);
  });

  test("a timer set before the rate has changed fires by the new rate", async () => {
    const below = fakeClock();
    const clock = createPacedClock(below);
    let fired = false;
    clock.after(3_600_000, () => (fired = true));
    clock.setRate(3600);
    await below.advance(999);
    expect(fired).toBe(false);
    await below.advance(1);
    expect(fired).toBe(true);
  });

  test("a jump fires what falls due on the way, each at its own time, and what that sets", () => {
    const clock = createPacedClock(fakeClock(0));
    const at: number[] = [];
    clock.after(1000, () => {
      at.push(clock.now());
      clock.after(1000, () => at.push(clock.now()));
    });
    clock.advance(5000);
    expect(at).toEqual([1000, 2000]);
    expect(clock.now()).toBe(5000);
  });

  test("an aborted sleep rejects and leaves no timer", async () => {
    const below = fakeClock();
    const clock = createPacedClock(below);
    const controller = new AbortController();
    const sleeping = clock.sleep(1000, controller.signal);
    controller.abort(new Error("enough"));
    await expect(sleeping).rejects.toThrow("enough");
    clock.advance(2000);
    expect(below.pending).toBe(0);
  });

  test("tells what it said at a time of the clock below", async () => {
    const below = fakeClock(0);
    const clock = createPacedClock(below);
    clock.advance(7_200_000);
    await below.advance(10_000);
    expect(clock.fromBelow(4000)).toBe(7_204_000);
  });

  test("gives a time of the clock below the same time whenever it is asked, though that clock's two readings drift", async () => {
    const below = fakeClock();
    const rough = { ...below, now: () => Math.floor(below.now() / 3) * 3 };
    const clock = createPacedClock(rough);
    const told = new Set<number>();
    for (let step = 0; step < 4; step++) {
      told.add(clock.fromBelow(4000));
      await below.advance(1);
    }
    expect(told.size).toBe(1);
  });

  test.for([0, -1, Number.NaN, Infinity])("refuses the rate %s", (rate) => {
    expect(() => createPacedClock(fakeClock(), rate)).toThrow("above 0");
  });
});
