import fc from "fast-check";
import { describe, expect, it, test } from "vitest";

import { resizeParser, type TerminalSize } from "./resize.ts";

const cells = fc.integer({ min: 0, max: 0xffff });

describe("sizes of a terminal", () => {
  it("come out whole and in order, however the text is cut", () => {
    const written = fc.array(fc.tuple(cells, cells, fc.constantFrom("", "\n", "  ")));
    fc.assert(
      fc.property(written, fc.array(fc.nat(40)), (sizes, cuts) => {
        const text = sizes.map(([w, h, space]) => `${JSON.stringify({ Width: w, Height: h })}${space}`).join("");
        const parse = resizeParser();
        const got: TerminalSize[] = [];
        let at = 0;
        for (const cut of [...cuts, text.length]) got.push(...parse(text.slice(at, (at += cut))));
        expect(got).toEqual(sizes.map(([columns, rows]) => ({ columns, rows })));
      }),
    );
  });

  it("are 0 where Go leaves them out", () => {
    expect(resizeParser()('{"Height":24}{}')).toEqual([
      { columns: 0, rows: 24 },
      { columns: 0, rows: 0 },
    ]);
  });

  test.for([
    "x}",
    "null}",
    "[1]}",
    '{"Width":-1,"Height":1}',
    '{"Width":65536,"Height":1}',
    '{"Width":1.5,"Height":1}',
    '{"Width":"80","Height":1}',
    "{".repeat(2000),
  ])("end at something else: %s", (text) => {
    const parse = resizeParser();
    const good = '{"Width":80,"Height":24}';
    expect(parse(good + text)).toEqual([{ columns: 80, rows: 24 }]);
    expect(parse(good)).toEqual([]);
  });
});
