import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { header, inChunks, sample } from "./text.ts";

describe("Prometheus text", () => {
  it.for([
    [{}, 1, undefined, "m 1\n"],
    [{}, 0.1, 1_700_000_000_000.4, "m 0.1 1700000000000\n"],
    [{ a: "x", b: undefined, c: "y" }, 1e-9, undefined, 'm{a="x",c="y"} 1e-9\n'],
    [{ a: 'back\\slash "quote"\nline' }, 2, 3, 'm{a="back\\\\slash \\"quote\\"\\nline"} 2 3\n'],
  ] as const)("of labels %j and value %d", ([labels, value, time, line]) => {
    expect(sample("m", labels, value, time)).toBe(line);
  });

  it("begins a metric with its help and type", () => {
    expect(header("m", { kind: "counter", help: "What.", labels: [] })).toBe("# HELP m What.\n# TYPE m counter\n");
  });

  it("is the same in chunks, and no chunk is small but the last", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 9_000 }), { maxLength: 20 }), (lines) => {
        const chunks = [...inChunks(lines)];
        expect(chunks.join("")).toBe(lines.join(""));
        expect(chunks.slice(0, -1).every(({ length }) => length >= 16_384)).toBe(true);
      }),
    );
  });
});
