import fc from "fast-check";
import { expect, test } from "vitest";
import { frame, frameCutter, frameKinds, frames, type FrameKind } from "./attach-frames.ts";

const kinds = Object.values(frameKinds);

/** Cuts bytes that arrive in pieces of these lengths. */
function cut(bytes: Buffer, lengths: readonly number[]): readonly (readonly [FrameKind, string])[] {
  const found: [FrameKind, string][] = [];
  const push = frameCutter((kind, body) => found.push([kind, body.toString("hex")]));
  let from = 0;
  for (const length of lengths) {
    push(bytes.subarray(from, from + length));
    from += length;
  }
  push(bytes.subarray(from));
  return found;
}

test("frames arrive as they were sent, in whatever pieces", () => {
  const one = fc.tuple(fc.constantFrom(...kinds), fc.uint8Array({ maxLength: 300 }));
  fc.assert(
    fc.property(fc.array(one), fc.array(fc.nat(50)), (sent, lengths) => {
      const bytes = Buffer.concat(sent.map(([kind, body]) => frame(kind, Buffer.from(body))));
      expect(cut(bytes, lengths)).toEqual(sent.map(([kind, body]) => [kind, Buffer.from(body).toString("hex")]));
    }),
  );
});

test("more than a frame may hold goes into several, nothing into none", () => {
  const bytes = Buffer.alloc(2 * 1024 * 1024 + 1, "x");
  const pieces = frames(frameKinds.stdin, bytes);
  expect(pieces).toHaveLength(3);
  const joined = cut(Buffer.concat(pieces), [])
    .map(([, hex]) => hex)
    .join("");
  expect(Buffer.from(joined, "hex").equals(bytes)).toBe(true);
  expect(frames(frameKinds.stdin, Buffer.alloc(0))).toEqual([]);
});

test("what is no frame is refused, before so much of it is kept", () => {
  const push = frameCutter(() => undefined);
  expect(() => push(Buffer.from("GET / HTTP/1.1\r\n"))).toThrow("no frame");
  expect(() => frameCutter(() => undefined)(Buffer.from([1, 0xff, 0, 0, 0]))).toThrow("no frame");
});
