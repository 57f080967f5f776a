import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { createAgenda } from "./agenda.ts";

describe("an agenda", () => {
  it("does everything at its time, in order, with one timer", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(1000), { maxLength: 200 }), async (delays) => {
        const clock = fakeClock();
        const begun = clock.monotonic();
        const done: number[] = [];
        const agenda = createAgenda<number>(clock, (delay) => {
          expect(clock.monotonic() - begun).toBe(delay);
          done.push(delay);
        });
        for (const delay of delays) agenda.put(begun + delay, delay);
        expect(clock.pending).toBe(delays.length > 0 ? 1 : 0);
        await clock.advance(1000);
        expect(done).toEqual(delays.toSorted((a, b) => a - b));
        expect(clock.pending).toBe(0);
      }),
    );
  });

  it("takes what is put into it while it works", async () => {
    const clock = fakeClock();
    const done: number[] = [];
    const agenda = createAgenda<number>(clock, (nth, at) => {
      done.push(nth);
      if (nth < 5) agenda.put(at + (nth === 2 ? 0 : 10), nth + 1);
    });
    agenda.put(clock.monotonic(), 1);
    await clock.advance(100);
    expect(done).toEqual([1, 2, 3, 4, 5]);
  });

  it("does nothing once it is closed, also when it closes itself", async () => {
    const clock = fakeClock();
    const done: number[] = [];
    const agenda = createAgenda<number>(clock, (nth) => {
      done.push(nth);
      agenda.close();
    });
    for (const nth of [1, 2]) agenda.put(clock.monotonic() + nth, nth);
    await clock.advance(10);
    agenda.put(clock.monotonic(), 3);
    await clock.advance(10);
    expect([done, clock.pending]).toEqual([[1], 0]);
  });
});
