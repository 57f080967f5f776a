import { describe, expect, it } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { remembering } from "./remembered.ts";

function setUp(ask: (nth: number) => Promise<number>) {
  const clock = fakeClock();
  let asked = 0;
  const read = remembering({ clock, ask: async () => ask(++asked), goodForMs: 3_000, patienceMs: 8_000 });
  return { clock, read, asked: () => asked };
}

describe("a remembered answer", () => {
  it("is asked for once by many at a time, and again when it is old", async () => {
    const { clock, read, asked } = setUp(async (nth) => nth);
    const answers = await Promise.all([read(), read(), read()]);
    expect(answers.map(({ value }) => value)).toEqual([1, 1, 1]);
    await clock.advance(2_999);
    expect((await read()).value).toBe(1);
    await clock.advance(1);
    expect(await read()).toEqual({ value: 2, at: clock.now(), error: undefined });
    expect(asked()).toBe(2);
  });

  it("stays the last good one when asking fails, and says why; the failure too is asked about once", async () => {
    const { clock, read, asked } = setUp(async (nth) => {
      if (nth === 2) throw new Error("the cloud is away");
      return nth;
    });
    await read();
    await clock.advance(3_000);
    expect(await read()).toMatchObject({ value: 1, error: new Error("the cloud is away") });
    await read();
    expect(asked()).toBe(2);
    await clock.advance(3_000);
    expect(await read()).toMatchObject({ value: 3, error: undefined });
  });

  it("is asked for again by who wants a younger one, but not while asking fails", async () => {
    const { clock, read, asked } = setUp(async (nth) => {
      if (nth === 3) throw new Error("the cloud is away");
      return nth;
    });
    await read();
    const then = clock.now();
    await clock.advance(1_000);
    expect((await read(then)).value).toBe(1);
    expect((await read(then + 1)).value).toBe(2);
    await read(clock.now() + 1);
    await read(clock.now() + 1);
    expect(asked()).toBe(3);
  });

  it("fails when there is none in time, and a question that hangs does not stop the next", async () => {
    const { clock, read } = setUp(async (nth) => (nth === 1 ? new Promise(() => undefined) : nth));
    const first = read();
    await clock.advance(8_000);
    expect(await first).toMatchObject({ value: undefined, error: new Error("no answer within 8 s") });
    await clock.advance(3_000);
    expect((await read()).value).toBe(2);
    expect(clock.pending).toBe(0);
  });

  it("takes an ask that throws at once for a failure", async () => {
    const clock = fakeClock();
    const ask = (): Promise<number> => {
      throw new Error("no");
    };
    expect(await remembering({ clock, ask, goodForMs: 1, patienceMs: 1 })()).toMatchObject({ error: new Error("no") });
  });
});
