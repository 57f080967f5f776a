import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MarkReader, type Piece } from "./marks.ts";
import { letters, opening, orders, pipedProgram } from "./programs.ts";

const key = "0123456789abcdef";

/** Marks, and the bytes between them in one piece each. */
function read(chunks: readonly Buffer[]): unknown[] {
  const reader = new MarkReader(key);
  const pieces: Piece[] = chunks.flatMap((chunk) => reader.push(chunk));
  const rest = reader.rest();
  if (rest.length > 0) pieces.push({ bytes: rest });
  const joined: (string | object)[] = [];
  for (const piece of pieces) {
    const before = joined.at(-1);
    if ("mark" in piece) joined.push(piece.mark);
    else if (typeof before === "string") joined.splice(-1, 1, before + piece.bytes.toString("latin1"));
    else joined.push(piece.bytes.toString("latin1"));
  }
  return joined;
}

const part = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "~", "0", "\0", "ÿ", "~0123", `~${key.slice(0, 15)}`), minLength: 1 }),
  fc.record({
    said: fc.constantFrom("stdout" as const, "exit" as const),
    payload: fc.string({ unit: fc.constantFrom("A", "=", "\n") }),
  }),
);
const textOf = (parts: readonly (string | { said: "stdout" | "exit"; payload: string })[]): string =>
  parts.map((one) => (typeof one === "string" ? one : `~${key}${letters[one.said]}${one.payload}~`)).join("");

describe("what a terminal brings", () => {
  test("is read alike however it is cut, and marks are found in whatever stands around them", () => {
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat(200)), (parts, cuts) => {
        const bytes = Buffer.from(textOf(parts), "latin1");
        const at = [...cuts.filter((cut) => cut < bytes.length), bytes.length].toSorted((a, b) => a - b);
        const chunks = at.map((end, index) => bytes.subarray(at[index - 1] ?? 0, end));
        const found = read(chunks);
        expect(found).toEqual(read([bytes]));
        expect(found.filter((one) => typeof one === "object")).toEqual(parts.filter((one) => typeof one === "object"));
        expect(
          found
            .map((one) => (typeof one === "string" ? one : textOf([one as { said: "exit"; payload: string }])))
            .join(""),
        ).toBe(bytes.toString("latin1"));
      }),
    );
  });

  test("is given on at once where it cannot be the beginning of a mark", () => {
    const reader = new MarkReader(key);
    expect(reader.push(Buffer.from("~/src $ "))).toEqual([{ bytes: Buffer.from("~/src $ ") }]);
    expect(reader.push(Buffer.from("a~0123"))).toEqual([{ bytes: Buffer.from("a") }]);
    expect(reader.push(Buffer.from("9"))).toEqual([{ bytes: Buffer.from("~01239") }]);
  });

  test("with an echo of what was typed has no mark in it", () => {
    expect(read([Buffer.from(opening(key, "/bin/sh"))])).toEqual([opening(key, "/bin/sh")]);
  });
});

describe("what is typed", () => {
  test("is short enough for the editor of any shell, and for a line of any terminal", () => {
    expect(opening(key, "/busybox/sh").length).toBeLessThan(1_023);
    expect(opening(key, "/bin/sh")).toMatch(/^[\x20-\x7E]+\n$/);
    expect(opening(key, "/bin/sh")).not.toContain("!");
    expect(pipedProgram(key, { argv: ["sh", "-c", "x".repeat(2_000)], stdin: true }).length).toBeLessThan(4_095);
  });

  test("is one line of 7 bits, whatever the words of the command are", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (argv) => {
        expect(pipedProgram(key, { argv, stdin: false })).toMatch(/^[\x20-\x7E]+\n$/);
      }),
    );
  });

  test("as an order is of one length", () => {
    expect(
      new Set(
        [orders.input(4), orders.input(393_216), orders.end, orders.quit, orders.kill].map(({ length }) => length),
      ),
    ).toEqual(new Set([9]));
  });
});
