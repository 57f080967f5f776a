import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLineDecoder } from "./line-decoder.ts";

const line = fc.string({ unit: "binary", maxLength: 40 }).filter((text) => !/[\n\uD800-\uDFFF]/.test(text));

describe("line decoder", () => {
  it("gives the same lines however the bytes are cut into chunks, characters of several bytes included", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(line, fc.constant("äé€𐍈"))),
        fc.array(fc.integer({ min: 1, max: 9 })),
        (lines, cuts) => {
          const got: string[] = [];
          const decoder = createLineDecoder((each) => got.push(each));
          const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(""));
          let start = 0;
          for (const cut of cuts) {
            decoder.push(bytes.subarray(start, start + cut));
            start += cut;
          }
          decoder.push(bytes.subarray(start));
          expect(got).toEqual(lines);
        },
      ),
    );
  });

  it("keeps what follows the last line break until the rest has come", () => {
    const got: string[] = [];
    const decoder = createLineDecoder((each) => got.push(each));
    decoder.push(Buffer.from("one\ntw"));
    expect(got).toEqual(["one"]);
    decoder.push(Buffer.from("o\n"));
    expect(got).toEqual(["one", "two"]);
  });

  it("looks at each byte of a long line once, so that its cost grows with its length alone", () => {
    let looked = 0;
    const decoder = createLineDecoder(() => undefined);
    for (let chunk = 0; chunk < 1000; chunk += 1) {
      const bytes = Buffer.alloc(1024, "x");
      const indexOf = bytes.indexOf.bind(bytes);
      bytes.indexOf = ((value: number, from?: number) => {
        looked += bytes.length;
        return indexOf(value, from);
      }) as Buffer["indexOf"];
      decoder.push(bytes);
    }
    expect(looked).toBe(1000 * 1024);
  });
});
