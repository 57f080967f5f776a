import { setImmediate as settle } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { systemClock } from "./clock.ts";

describe("systemClock", () => {
  test("sleeps at least as long as asked, by the monotonic clock", async () => {
    for (const ms of [0, 1, 3, 7.5]) {
      const start = systemClock.monotonic();
      await systemClock.sleep(ms);
      expect(systemClock.monotonic() - start).toBeGreaterThanOrEqual(ms);
    }
  });

  test("rejects a sleep with the reason of the signal, before and during", async () => {
    const reason = new Error("enough");
    await expect(systemClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const sleeping = systemClock.sleep(60_000, controller.signal);
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
  });

  test("leaves no listener on a signal that outlives the sleep", async () => {
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, "removeEventListener");
    await systemClock.sleep(1, signal);
    expect(remove).toHaveBeenCalledTimes(1);
  });

  test("a cancelled timer does not fire", async () => {
    let fired = false;
    systemClock.after(1, () => (fired = true))();
    await systemClock.sleep(10);
    expect(fired).toBe(false);
  });

  test("a wait longer than Node's longest timer does not fire at once", async () => {
    let fired = false;
    const cancel = systemClock.after(2 ** 31 + 5, () => (fired = true));
    await systemClock.sleep(20);
    await settle();
    expect(fired).toBe(false);
    cancel();
  });
});
