import { describe, expect, test } from "vitest";
import { fakeClock } from "./fake-clock.ts";

describe("fakeClock", () => {
  test("stands still until told to move, and tells wall and monotonic time apart", async () => {
    const clock = fakeClock(1_700_000_000_000);
    const before = clock.monotonic();
    expect(clock.now()).toBe(1_700_000_000_000);
    await clock.advance(1_500);
    expect(clock.now()).toBe(1_700_000_001_500);
    expect(clock.monotonic() - before).toBe(1_500);
    clock.setNow(42);
    expect(clock.now()).toBe(42);
    expect(clock.monotonic() - before).toBe(1_500);
  });

  test("fires timers in order of time, equal ones in order of creation, each at its own moment", async () => {
    const clock = fakeClock(0);
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name}@${clock.now()}`);
    clock.after(30, note("c"));
    clock.after(10, note("a"));
    clock.after(30, note("d"));
    clock.after(20, note("b"));
    clock.after(31, note("late"));
    await clock.advance(30);
    expect(seen).toEqual(["a@10", "b@20", "c@30", "d@30"]);
    expect(clock.pending).toBe(1);
  });

  test("lets promises settle between timers, and fires what they start on the way", async () => {
    const clock = fakeClock(0);
    const seen: string[] = [];
    const worker = async (name: string, ms: number): Promise<void> => {
      for (let i = 1; i <= 3; i++) {
        await clock.sleep(ms);
        await Promise.resolve();
        seen.push(`${name}${i}@${clock.now()}`);
      }
    };
    const both = Promise.all([worker("a", 10), worker("b", 15)]);
    await clock.advance(45);
    expect(seen).toEqual(["a1@10", "b1@15", "a2@20", "b2@30", "a3@30", "b3@45"]);
    await both;
  });

  test("rejects a sleep with the reason of the signal and forgets its timer", async () => {
    const clock = fakeClock();
    const controller = new AbortController();
    const reason = new Error("enough");
    const sleeping = clock.sleep(1_000, controller.signal);
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    await expect(clock.sleep(1, controller.signal)).rejects.toBe(reason);
    expect(clock.pending).toBe(0);
  });

  test("a cancelled timer does not fire, also when cancelled by another one at the same time", async () => {
    const clock = fakeClock();
    const seen: string[] = [];
    clock.after(5, () => {
      seen.push("first");
      cancel();
    });
    const cancel = clock.after(5, () => seen.push("second"));
    await clock.advance(10);
    expect(seen).toEqual(["first"]);
  });

  test("advances to the next timer, and until a condition holds", async () => {
    const clock = fakeClock(0);
    let count = 0;
    const again = (): void => {
      count++;
      clock.after(1_000, again);
    };
    again();
    await clock.advanceUntil(() => count === 5);
    expect(clock.now()).toBe(4_000);
    await clock.advanceToNext();
    expect(clock.now()).toBe(5_000);
    await expect(clock.advanceUntil(() => count === 100, 10_000)).rejects.toThrow("within 10000 ms");
    await expect(fakeClock().advanceUntil(() => false)).rejects.toThrow("no timer is left");
    expect(await fakeClock().advanceToNext()).toBe(false);
  });

  test("refuses to be advanced by two at once", async () => {
    const clock = fakeClock();
    const first = clock.advance(1);
    await expect(clock.advance(1)).rejects.toThrow("already being advanced");
    await first;
  });
});
