import fc from "fast-check";
import { describe, expect, it, test } from "vitest";

import { decodeMessage, encodeMessage, type ChannelCoding } from "./codec.ts";

const v4: ChannelCoding = { base64: false, halfClose: false };
const v5: ChannelCoding = { base64: false, halfClose: true };
const base64: ChannelCoding = { base64: true, halfClose: false };

describe("messages of the channel protocols", () => {
  it("carry a channel and any bytes, as bytes and as base64", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(v4, v5, base64),
        fc.nat(9),
        fc.array(fc.uint8Array({ minLength: 1 }), { minLength: 1 }),
        (coding, channel, pieces) => {
          const chunks = pieces.map((piece) => Buffer.from(piece));
          const data = Buffer.concat(chunks);
          const message = Buffer.from(encodeMessage(channel, chunks, coding.base64));
          expect(decodeMessage(message, coding, 10)).toEqual({ is: "data", channel, data });
        },
      ),
    );
  });

  it("never throw at what a client sends", () => {
    fc.assert(
      fc.property(fc.constantFrom(v4, v5, base64), fc.uint8Array(), (coding, bytes) => {
        expect(["data", "end", "empty", "broken"]).toContain(decodeMessage(Buffer.from(bytes), coding, 5).is);
      }),
    );
  });

  test.for<[string, ChannelCoding, number[], object]>([
    ["nothing", v4, [], { is: "empty" }],
    ["a channel alone", v4, [1], { is: "empty" }],
    ["a channel alone in base64", base64, [0x31], { is: "empty" }],
    ["channel 255 before v5", v4, [255, 0], { is: "data", channel: 255 }],
    ["the end of stdin", v5, [255, 0], { is: "end", channel: 0 }],
    ["the end of no channel", v5, [255], { is: "broken" }],
    ["the end of an unknown channel", v5, [255, 5], { is: "broken" }],
    ["the end of two channels", v5, [255, 0, 1], { is: "broken" }],
    ["text that is not base64", base64, [0x30, 0x2d], { is: "broken" }],
  ])("%s", ([, coding, bytes, told]) => {
    expect(decodeMessage(Buffer.from(bytes), coding, 5)).toMatchObject(told);
  });
});
