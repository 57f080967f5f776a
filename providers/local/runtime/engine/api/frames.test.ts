import fc from "fast-check";
import { expect, it } from "vitest";
import { frameReader, maxPiece, type FramePiece } from "./frames.ts";
import { jsonLines } from "./json-lines.ts";

const frame = fc.record({ stream: fc.constantFrom("stdout", "stderr"), bytes: fc.uint8Array({ maxLength: 300 }) });

function encode(stream: string, bytes: Uint8Array): Buffer {
  const head = Buffer.from([stream === "stderr" ? 2 : 1, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

/** Cut anywhere, as a socket does. */
function cut(data: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => Math.min(place, data.length)).toSorted((a, b) => a - b), data.length];
  return at.slice(1).map((end, index) => data.subarray(at[index], end));
}

it("gives the frames back however the stream is cut", () => {
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.nat(2000)), (frames, places) => {
      const read = frameReader();
      const stream = Buffer.concat(frames.map((one) => encode(one.stream, one.bytes)));
      const pieces = cut(stream, places).flatMap((chunk) => read(chunk));
      const whole = frames.filter(({ bytes }) => bytes.length > 0);
      expect(pieces.map(({ stream, bytes }) => [stream, bytes.toString("hex")])).toEqual(
        whole.map(({ stream, bytes }) => [stream, Buffer.from(bytes).toString("hex")]),
      );
      expect(pieces.every(({ first, last }) => first && last)).toBe(true);
    }),
  );
});

it("hands a huge frame on in pieces", () => {
  const read = frameReader();
  const size = 2 * maxPiece + 5;
  const pieces: FramePiece[] = cut(encode("stdout", Buffer.alloc(size, 120)), [10, 70_000]).flatMap((chunk) =>
    read(chunk),
  );
  expect(pieces.map(({ bytes, first, last }) => [bytes.length, first, last])).toEqual([
    [maxPiece, true, false],
    [maxPiece, false, false],
    [5, false, true],
  ]);
});

it("refuses what is no frame, rather than to show it as output", () => {
  expect(() => frameReader()(Buffer.from("plain text"))).toThrow("not a log frame");
});

it("gives JSON lines back however the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ text: fc.string({ unit: "grapheme" }) })),
      fc.array(fc.nat(500)),
      (values, places) => {
        const read = jsonLines();
        const stream = Buffer.from(values.map((value) => `${JSON.stringify(value)}\r\n`).join(""));
        expect(cut(stream, places).flatMap((chunk) => read(chunk))).toEqual(values);
      },
    ),
  );
});
