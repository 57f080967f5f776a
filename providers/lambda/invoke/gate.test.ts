import fc from "fast-check";
import { expect, test } from "vitest";
import { createGate } from "./gate.ts";

const open = new AbortController().signal;

test("lets so many in at once, and the others in the order in which they came", async () => {
  const gate = createGate();
  const entered: string[] = [];
  const enter = async (name: string) => {
    const leave = await gate.enter("f", 2, open);
    entered.push(name);
    return leave;
  };
  const leaves = await Promise.all([enter("a"), enter("b")]);
  const [c, d] = [enter("c"), enter("d")];
  await Promise.resolve();
  expect(entered).toEqual(["a", "b"]);
  leaves[0]?.();
  // Whoever leaves twice has left once.
  leaves[0]?.();
  const leave = await c;
  expect(entered).toEqual(["a", "b", "c"]);
  leave();
  await d;
  expect(entered).toEqual(["a", "b", "c", "d"]);
});

test("functions do not wait for each other, and a raised limit lets more in", async () => {
  const gate = createGate();
  await gate.enter("f", 1, open);
  await gate.enter("g", 1, open);
  const waiting = gate.enter("f", 1, open);
  await gate.enter("f", 3, open);
  await waiting;
});

test("who is taken back leaves the row, before it waits and while it does", async () => {
  const gate = createGate();
  const leave = await gate.enter("f", 1, open);
  const given = new AbortController();
  const waiting = gate.enter("f", 1, given.signal);
  given.abort(new Error("taken back"));
  await expect(waiting).rejects.toThrow("taken back");
  await expect(gate.enter("f", 1, given.signal)).rejects.toThrow("taken back");
  leave();
  await gate.enter("f", 1, open);
});

test("never lets in more than the limit, and in the end everybody who stays", async () => {
  const visitor = fc.record({ turns: fc.nat(5), givesUp: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(visitor, { maxLength: 20 }), fc.integer({ min: 1, max: 4 }), async (visitors, limit) => {
      const gate = createGate();
      let inside = 0;
      let served = 0;
      const visit = async ({ turns, givesUp }: { turns: number; givesUp: boolean }): Promise<void> => {
        const control = new AbortController();
        const entering = gate.enter("f", limit, control.signal);
        if (givesUp) control.abort(new Error("gave up"));
        const leave = await entering.catch(() => undefined);
        if (leave === undefined) return;
        served++;
        expect(++inside).toBeLessThanOrEqual(limit);
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        inside--;
        leave();
      };
      await Promise.all(visitors.map(visit));
      expect(inside).toBe(0);
      expect(served).toBeGreaterThanOrEqual(visitors.filter(({ givesUp }) => !givesUp).length);
    }),
  );
});
