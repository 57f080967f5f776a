import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { encodeGoAway, encodePing, encodeRstStream, SpdyError, type Frame } from "./frame.ts";
import { frameReader } from "./frame-reader.ts";
import { controlFrame, dataFrame, joined, recorded, words } from "./testing.ts";

const block = Buffer.from("block");
const slot = Buffer.from([0, 0]);

const good: readonly (readonly [string, Buffer, Frame | undefined])[] = [
  [
    "SYN_STREAM",
    controlFrame(1, 1, Buffer.concat([words(5, 3), slot, block])),
    { kind: "synStream", id: 5, fin: true, unidirectional: false, block },
  ],
  [
    "a unidirectional SYN_STREAM",
    controlFrame(1, 2, Buffer.concat([words(7, 0), slot, block])),
    { kind: "synStream", id: 7, fin: false, unidirectional: true, block },
  ],
  ["SYN_REPLY", controlFrame(2, 0, Buffer.concat([words(9), block])), { kind: "synReply", id: 9, block }],
  ["RST_STREAM", encodeRstStream(3, 5), { kind: "rstStream", id: 3, status: 5 }],
  ["SETTINGS", controlFrame(4, 0, words(2, 1, 2, 3, 4)), { kind: "settings" }],
  ["PING", encodePing(0xffff_fffd), { kind: "ping", id: 0xffff_fffd }],
  ["GOAWAY", encodeGoAway(11), { kind: "goAway", lastGood: 11, status: 0 }],
  ["HEADERS", controlFrame(8, 0, Buffer.concat([words(9), block])), { kind: "headers", id: 9, block }],
  ["WINDOW_UPDATE", controlFrame(9, 0, words(0, 100)), { kind: "windowUpdate", id: 0 }],
  ["DATA", dataFrame(1, "abc"), { kind: "data", id: 1, bytes: Buffer.from("abc"), fin: false }],
  ["DATA with FIN", dataFrame(1, "abc", true), { kind: "data", id: 1, bytes: Buffer.from("abc"), fin: true }],
  ["empty DATA with FIN", dataFrame(1, "", true), { kind: "data", id: 1, bytes: Buffer.alloc(0), fin: true }],
  ["empty DATA, which says nothing", dataFrame(1, ""), undefined],
];

const bad: readonly (readonly [string, Buffer, string])[] = [
  ["another version", controlFrame(6, 0, words(1), 2), "version 2"],
  ["an unknown type", controlFrame(5, 0, words(1)), "unknown type 5"],
  ["a length beyond the limit, before its bytes", Buffer.from("8003000100010001", "hex"), "65537 bytes"],
  ["DATA for stream 0", dataFrame(0, "abc"), "stream 0"],
  ["SYN_STREAM for stream 0", controlFrame(1, 0, Buffer.concat([words(0, 0), slot])), "stream 0"],
  ["a short SYN_STREAM", controlFrame(1, 0, words(1, 0)), "SYN_STREAM of 8 bytes"],
  ["a short SYN_REPLY", controlFrame(2, 0, slot), "SYN_REPLY of 2 bytes"],
  ["a short HEADERS", controlFrame(8, 0, slot), "HEADERS of 2 bytes"],
  ["a long RST_STREAM", controlFrame(3, 0, words(1, 1, 1)), "RST_STREAM of 12 bytes"],
  ["an empty PING", controlFrame(6, 0, Buffer.alloc(0)), "PING of 0 bytes"],
  ["a short GOAWAY", controlFrame(7, 0, words(1)), "GOAWAY of 4 bytes"],
  ["a long WINDOW_UPDATE", controlFrame(9, 0, words(1, 1, 1)), "WINDOW_UPDATE of 12 bytes"],
  ["SETTINGS that count more than they have", controlFrame(4, 0, words(0xffff_ffff, 1, 2)), "SETTINGS of 12 bytes"],
  ["SETTINGS without a count", controlFrame(4, 0, slot), "SETTINGS of 2 bytes"],
];

describe("frameReader", () => {
  it.for(good)("reads %s", ([, bytes, frame]) => {
    expect([...frameReader(65_536)(bytes)]).toEqual(frame === undefined ? [] : [frame]);
  });

  it.for(bad)("refuses %s", ([, bytes, words_]) => {
    expect(() => [...frameReader(65_536)(bytes)]).toThrow(words_);
    expect(() => [...frameReader(65_536)(bytes)]).toThrow(SpdyError);
  });

  it("yields the good frames before it throws at a bad one", () => {
    const frames: Frame[] = [];
    const reading = (): void => {
      for (const frame of frameReader(65_536)(Buffer.concat([encodePing(1), dataFrame(0, "x")]))) frames.push(frame);
    };
    expect(reading).toThrow("stream 0");
    expect(frames).toEqual([{ kind: "ping", id: 1 }]);
  });

  it("hands a DATA frame on in the pieces in which it comes, as views of them", () => {
    const read = frameReader(65_536);
    const whole = dataFrame(1, "abcdef", true);
    const [first, second] = [whole.subarray(0, 11), whole.subarray(11)];
    const pieces = [...read(first), ...read(second)];
    expect(pieces.map((piece) => piece.kind === "data" && [piece.bytes.toString(), piece.fin])).toEqual([
      ["abc", false],
      ["def", true],
    ]);
    expect(pieces[0]?.kind === "data" && pieces[0].bytes.buffer).toBe(whole.buffer);
  });

  it("reads the same frames however the bytes are sliced", () => {
    const stream = Buffer.concat([...good.map(([, bytes]) => bytes), recorded("exec"), recorded("port-forward")]);
    const expected = joined([...frameReader(65_536)(stream)]);
    expect(expected.length).toBeGreaterThan(30);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sizes) => {
        const read = frameReader(65_536);
        const frames: Frame[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          frames.push(...read(stream.subarray(at, at + size)));
          at += size;
        }
        expect(joined(frames)).toEqual(expected);
      }),
    );
  });
});
