import fc from "fast-check";
import { describe, expect, it, test } from "vitest";

import { fakeClock } from "../../../test/support/fake-clock.ts";
import type { TerminalSize } from "../../provider.ts";
import { firstSize, resizeDecoder, resizeParser } from "./resize.ts";

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

describe("the first size of a terminal", () => {
  const { signal } = new AbortController();
  const read = async (sizes: ReturnType<typeof resizeDecoder>) => {
    const all: TerminalSize[] = [];
    for await (const size of sizes) all.push(size as TerminalSize);
    return all;
  };

  it("is waited for, and stays among those that are read later", async () => {
    const sizes = resizeDecoder();
    const first = firstSize(sizes, fakeClock(), signal);
    sizes.write('{"Width":90,"Height":30}');
    expect(await first).toEqual({ columns: 90, rows: 30 });
    sizes.end('{"Width":91,"Height":31}');
    expect(await read(sizes)).toEqual([
      { columns: 90, rows: 30 },
      { columns: 91, rows: 31 },
    ]);
  });

  it("may be the only one, told before anybody asked", async () => {
    const sizes = resizeDecoder();
    sizes.end('{"Width":90,"Height":30}');
    expect(await firstSize(sizes, fakeClock(), signal)).toEqual({ columns: 90, rows: 30 });
    expect(await read(sizes)).toEqual([{ columns: 90, rows: 30 }]);
  });

  it("is not waited for longer than a moment, nor where there can be none", async () => {
    const clock = fakeClock();
    const sizes = resizeDecoder();
    const first = firstSize(sizes, clock, signal);
    await clock.advance(250);
    expect(await first).toBeUndefined();
    sizes.end('{"Width":90,"Height":30}');
    expect(await read(sizes)).toEqual([{ columns: 90, rows: 30 }]);
    expect(await firstSize(undefined, clock, signal)).toBeUndefined();
    const closed = resizeDecoder();
    const none = firstSize(closed, clock, signal);
    closed.end();
    expect(await none).toBeUndefined();
    const gone = new AbortController();
    const late = firstSize(resizeDecoder(), clock, gone.signal);
    gone.abort();
    expect(await late).toBeUndefined();
  });

  it("is none when it says zero", async () => {
    const sizes = resizeDecoder();
    sizes.write('{"Width":0,"Height":30}');
    expect(await firstSize(sizes, fakeClock(), signal)).toBeUndefined();
  });
});
