import fc from "fast-check";
import { expect, it } from "vitest";
import { frameReader, lineReader, maxPiece, type FramePiece } from "./frames.ts";
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

it("gives every byte at once where nobody waits for whole frames, and holds no more than a head", () => {
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.nat(2000)), (frames, places) => {
      const read = frameReader(1);
      const stream = Buffer.concat(frames.map((one) => encode(one.stream, one.bytes)));
      const given = { stdout: "", stderr: "" };
      let fed = 0;
      for (const chunk of cut(stream, places)) {
        for (const { stream, bytes } of read(chunk)) given[stream] += bytes.toString("hex");
        fed += chunk.length;
        expect((given.stdout.length + given.stderr.length) / 2).toBe(payload(stream.subarray(0, fed)));
      }
      const sent = (name: string) => frames.filter(({ stream }) => stream === name).map(({ bytes }) => bytes);
      expect(given).toEqual({
        stdout: Buffer.concat(sent("stdout")).toString("hex"),
        stderr: Buffer.concat(sent("stderr")).toString("hex"),
      });
    }),
  );
});

/** Bytes that are no heads, counted the slow way. */
function payload(stream: Buffer): number {
  let count = 0;
  for (let at = 0; at + 8 <= stream.length;) {
    const length = stream.readUInt32BE(at + 4);
    count += Math.min(length, stream.length - at - 8);
    at += 8 + length;
  }
  return count;
}

it("either reads any bytes at all or refuses them, without an end of its patience", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), fc.array(fc.nat(5000)), (bytes, places) => {
      for (const read of [frameReader(), frameReader(1)]) {
        try {
          const pieces = cut(Buffer.from(bytes), places).flatMap((chunk) => read(chunk));
          expect(pieces.reduce((sum, piece) => sum + piece.bytes.length, 0)).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(String(error)).toContain("not a frame");
        }
      }
    }),
  );
});

it("reads the bare lines of a terminal however they are cut, a last one without end too", () => {
  const line = fc.string({ unit: fc.constantFrom("a", "\r", " ", "é") });
  fc.assert(
    fc.property(fc.array(line), line, fc.array(fc.nat(500)), (lines, rest, places) => {
      const read = lineReader();
      const stream = Buffer.from([...lines, rest].join("\n"));
      const pieces = [...cut(stream, places).filter(({ length }) => length > 0), undefined].flatMap((chunk) =>
        read(chunk),
      );
      expect(pieces.map(({ bytes }) => bytes.toString())).toEqual([
        ...lines.map((one) => `${one}\n`),
        ...(rest === "" ? [] : [rest]),
      ]);
      expect(pieces.every(({ first, last }) => first && last)).toBe(true);
    }),
  );
});

it("hands a huge line on in pieces", () => {
  const read = lineReader();
  const pieces = [Buffer.alloc(maxPiece + 5, 120), Buffer.from("\nb"), undefined].flatMap((chunk) => read(chunk));
  expect(pieces.map(({ bytes, first, last }) => [bytes.length, first, last])).toEqual([
    [maxPiece, true, false],
    [6, false, true],
    [1, true, true],
  ]);
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
  expect(() => frameReader()(Buffer.from("plain text"))).toThrow("not a frame");
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
