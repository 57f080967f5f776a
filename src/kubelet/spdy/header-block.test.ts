import { createHash } from "node:crypto";
import { constants, createDeflate, deflateSync, inflateSync } from "node:zlib";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { dictionary, dictionaryId } from "./dictionary.ts";
import { SpdyError } from "./frame.ts";
import { emptyHeaderBlocks, headerBlockReader } from "./header-block.ts";
import { defaultLimits } from "./limits.ts";
import { plainHeaders, storedBlocks, words } from "./testing.ts";

const reader = (): ReturnType<typeof headerBlockReader> => headerBlockReader(defaultLimits);

/** One header block as zlib writes it at its best, the first of a connection. */
function compressed(plain: Buffer): Buffer {
  return deflateSync(plain, { dictionary, level: 9, finishFlush: constants.Z_SYNC_FLUSH });
}

describe("dictionary", () => {
  it("is SPDY/3's, by length, SHA-1 and Adler-32", () => {
    expect(dictionary).toHaveLength(1_423);
    expect(createHash("sha1").update(dictionary).digest("hex")).toBe("d68ca9b208de9c3754703445a22cf668a5abebb3");
    expect(compressed(Buffer.from("x")).readUInt32BE(2)).toBe(dictionaryId);
  });
});

describe("headerBlockReader", () => {
  it("reads compressed headers and splits values at NUL", () => {
    const headers = reader()(
      compressed(
        plainHeaders([
          ["streamtype", "error"],
          ["port", "80\x00443"],
        ]),
      ),
    );
    expect([...headers]).toEqual([
      ["streamtype", ["error"]],
      ["port", ["80", "443"]],
    ]);
  });

  it("reads whatever zlib writes, block after block of one stream", async () => {
    const name = fc.stringMatching(/^[a-z:-]{1,20}$/);
    const unique = { selector: ([key]: [string, string]) => key, maxLength: 10 };
    const headers = fc.uniqueArray(fc.tuple(name, fc.string({ maxLength: 500 })), unique);
    const level = fc.integer({ min: 0, max: 9 });
    const strategy = fc.constantFrom(constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY);
    await fc.assert(
      fc.asyncProperty(fc.array(headers, { minLength: 1, maxLength: 8 }), level, strategy, async (blocks, ...how) => {
        const read = reader();
        const deflate = createDeflate({ dictionary, level: how[0], strategy: how[1] });
        for (const block of blocks) {
          const plain = plainHeaders(block);
          await new Promise<void>((resolve) => {
            deflate.write(plain);
            deflate.flush(constants.Z_SYNC_FLUSH, resolve);
          });
          const got = read(deflate.read() as Buffer);
          expect([...got]).toEqual(block.map(([key, value]) => [key, value.split("\0")]));
        }
        deflate.destroy();
      }),
    );
  });

  it.for([
    ["another dictionary", deflateSync(Buffer.from("x"), { dictionary: Buffer.from("other") }), "dictionary"],
    ["no dictionary", deflateSync(Buffer.from("x")), "dictionary"],
    ["nothing", Buffer.alloc(0), "dictionary"],
    [
      "no deflate block",
      Buffer.concat([compressed(words(0)).subarray(0, 6), Buffer.from([0x07])]),
      "cannot be inflated",
    ],
    ["a block that was not flushed", compressed(plainHeaders([["a", "b"]])).subarray(0, 8), "too early"],
    ["more headers than allowed", storedBlocks()(words(65)), "65 headers"],
    ["a count that lies", storedBlocks()(words(2, 1)), "too early"],
    ["a name's length that lies", storedBlocks()(words(1, 100)), "too early"],
    ["a value that is too long", storedBlocks()(plainHeaders([["a", "x".repeat(8_193)]])), "8193 bytes"],
    ["an upper-case name", storedBlocks()(plainHeaders([["Port", "1"]])), "lower-case"],
    ["an empty name", storedBlocks()(plainHeaders([["", "1"]])), "empty"],
    [
      "a name given twice",
      storedBlocks()(
        plainHeaders([
          ["a", "1"],
          ["a", "2"],
        ]),
      ),
      "twice",
    ],
    ["bytes after the last header", storedBlocks()(words(0, 0)), "4 bytes too many"],
    ["more than may be inflated", storedBlocks()(Buffer.alloc(65_537)), "more than 65536 bytes"],
  ] as const)("refuses %s", ([, block, message]) => {
    expect(() => reader()(block)).toThrow(message);
    expect(() => reader()(block)).toThrow(SpdyError);
  });

  it("stops inflating a bomb at the limit", () => {
    const bomb = compressed(Buffer.alloc(60_000_000));
    expect(bomb.length).toBeLessThan(65_536);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => reader()(bomb)).toThrow("more than 65536 bytes");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8_000_000);
  });

  it("refuses everything after the end of the zlib stream", () => {
    const read = reader();
    expect(read(deflateSync(words(0), { dictionary }))).toEqual(new Map());
    expect(() => read(storedBlocks()(words(0)))).toThrow("too early");
  });
});

describe("emptyHeaderBlocks", () => {
  it("writes one zlib stream of blocks without headers", () => {
    const next = emptyHeaderBlocks();
    const blocks = [next(), next(), next()];
    const plain = inflateSync(Buffer.concat(blocks), { dictionary, finishFlush: constants.Z_SYNC_FLUSH });
    expect(plain).toEqual(words(0, 0, 0));
    expect(blocks[0]).not.toEqual(blocks[1]);
    expect(blocks[1]).toEqual(blocks[2]);
    const read = reader();
    for (const block of blocks) expect(read(block)).toEqual(new Map());
  });
});
