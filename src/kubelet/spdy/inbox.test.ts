import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createInbox, owned } from "./inbox.ts";

/** Memory that the buffers keep, each piece of it counted once. */
function kept(buffers: readonly Buffer[]): number {
  return [...new Set(buffers.map((bytes) => bytes.buffer))].reduce((sum, memory) => sum + memory.byteLength, 0);
}

function takenFrom(inbox: ReturnType<typeof createInbox>): Buffer[] {
  const taken: Buffer[] = [];
  for (let bytes = inbox.take(); bytes !== undefined; bytes = inbox.take()) taken.push(bytes);
  return taken;
}

describe("inbox", () => {
  it("gives back what was put in, in order, whatever the pieces and whenever they are taken", () => {
    const step = fc.oneof(fc.integer({ min: 1, max: 9_000 }), fc.constant("take" as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const inbox = createInbox();
        const [put, got]: [Buffer[], Buffer[]] = [[], []];
        for (const [index, what] of steps.entries()) {
          const bytes = what === "take" ? inbox.take() : Buffer.alloc(what, index + 1);
          if (bytes === undefined) continue;
          if (what === "take") got.push(bytes);
          else {
            put.push(bytes);
            inbox.add(bytes);
          }
          const left = Buffer.concat(put).length - Buffer.concat(got).length;
          expect(inbox.size).toBe(left);
        }
        got.push(...takenFrom(inbox));
        expect(Buffer.concat(got)).toEqual(Buffer.concat(put));
        expect(inbox.size).toBe(0);
      }),
    );
  });

  it("keeps little more memory than its bytes, also of single bytes out of large chunks", () => {
    const inbox = createInbox();
    for (let n = 0; n < 20_000; n++) inbox.add(Buffer.allocUnsafeSlow(65_536).subarray(n, n + 1));
    expect(inbox.size).toBe(20_000);
    const taken = takenFrom(inbox);
    expect(taken.length).toBeLessThan(10);
    expect(kept(taken)).toBeLessThan(4 * 20_000);
  });

  it("copies no large piece", () => {
    const chunk = Buffer.allocUnsafeSlow(65_536);
    const inbox = createInbox();
    inbox.add(chunk.subarray(8, 32_776));
    expect(inbox.take()?.buffer).toBe(chunk.buffer);
  });

  it("copies a large piece out of much larger memory", () => {
    const chunk = Buffer.allocUnsafeSlow(1_000_000);
    expect(owned(chunk.subarray(0, 10_000)).buffer.byteLength).toBe(10_000);
  });
});
