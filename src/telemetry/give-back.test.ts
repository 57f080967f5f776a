import { describe, expect, it } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { giveBack } from "./give-back.ts";

const mb = 2 ** 20;

function begin() {
  const clock = fakeClock();
  const stop = new AbortController();
  const now = { cpu: 0, resident: 160 * mb, needed: 120 * mb, collections: 0 };
  const ended = giveBack(clock, stop.signal, {
    cpuSeconds: () => now.cpu,
    residentBytes: () => now.resident,
    collect() {
      now.collections += 1;
      now.resident = now.needed;
    },
  });
  return { clock, now, stop, ended };
}

describe("memory", () => {
  it("is given back when the process has become quiet, and once only", async () => {
    const { clock, now } = begin();
    await clock.advance(60_000);
    expect(now.collections).toBe(1);
  });

  it("is kept while the process works", async () => {
    const { clock, now } = begin();
    for (let second = 0; second < 30; second += 1) {
      now.cpu += 0.3;
      await clock.advance(1_000);
    }
    expect(now.collections).toBe(0);
    await clock.advance(20_000);
    expect(now.collections).toBe(1);
  });

  it("is given back again after another burst, not for a trickle", async () => {
    const { clock, now } = begin();
    await clock.advance(10_000);
    now.resident += 20 * mb;
    await clock.advance(30_000);
    expect(now.collections).toBe(1);
    now.resident += 20 * mb;
    await clock.advance(30_000);
    expect(now.collections).toBe(2);
  });

  it("stays as it is once the node stops", async () => {
    const { clock, now, stop, ended } = begin();
    stop.abort();
    await ended;
    await clock.advance(60_000);
    expect(now.collections).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it("is Node's business where it lends no collector", async () => {
    await expect(giveBack(fakeClock(), new AbortController().signal, undefined)).resolves.toBeUndefined();
  });
});
