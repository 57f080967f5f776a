import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { LogRecord } from "../../provider.ts";
import { logLines } from "./log-lines.ts";
import type { LogOptions } from "./options.ts";

const time = (n: number): string => `2026-01-02T03:04:05.${String(n).padStart(9, "0")}Z`;
const record = (n: number, text: string, partial = false, stream: "stdout" | "stderr" = "stdout"): LogRecord => ({
  time: time(n),
  stream,
  bytes: Buffer.from(text),
  partial,
});
const all: LogOptions = {
  follow: false,
  previous: false,
  timestamps: false,
  since: undefined,
  tailLines: undefined,
  limitBytes: undefined,
  stream: "All",
};
const rendered = (options: Partial<LogOptions>, ...records: LogRecord[]): string =>
  logLines({ ...all, ...options })
    .render(records)
    .toString();

describe("logLines", () => {
  it("ends each whole record with a line end and joins partial ones", () => {
    expect(rendered({}, record(1, "a", true), record(2, "b"), record(3, ""), record(4, "c"))).toBe("ab\n\nc\n");
  });

  it("puts the time at the start of a line alone", () => {
    const records = [record(1, "a", true), record(2, "b", true), record(3, "c"), record(4, "d")];
    expect(rendered({ timestamps: true }, ...records)).toBe(`${time(1)} abc\n${time(4)} d\n`);
  });

  it("leaves out what is older than since and keeps what is equal, to the nanosecond", () => {
    expect(rendered({ since: time(5) }, record(4, "old"), record(5, "equal"), record(6, "new"))).toBe("equal\nnew\n");
  });

  it("gives the rest of a line its own time when its start is too old", () => {
    const records = [record(4, "old", true), record(5, "rest"), record(6, "next")];
    expect(rendered({ since: time(5), timestamps: true }, ...records)).toBe(`${time(5)} rest\n${time(6)} next\n`);
  });

  it("counts the time and the line end as bytes and cuts inside a line", () => {
    const options = { timestamps: true, limitBytes: time(1).length + 3 };
    expect(rendered(options, record(1, "abcdef"), record(2, "x"))).toBe(`${time(1)} ab`);
    expect(rendered({ limitBytes: 3 }, record(1, "ab"), record(2, "x"))).toBe("ab\n");
    expect(rendered({ limitBytes: 2 }, record(1, "ab"), record(2, "x"))).toBe("ab");
  });

  it("does not count bytes of a stream that was not asked for, nor let it break a line", () => {
    const records = [record(1, "out", true), record(2, "err", false, "stderr"), record(3, "put")];
    expect(rendered({ stream: "Stdout", limitBytes: 6, timestamps: false }, ...records)).toBe("output");
    expect(rendered({ stream: "Stderr" }, ...records)).toBe("err\n");
  });

  it("says that it is full exactly when the limit is reached", () => {
    const lines = logLines({ ...all, limitBytes: 4 });
    lines.render([record(1, "ab")]);
    expect(lines.full).toBe(false);
    lines.render([record(2, "c")]);
    expect(lines.full).toBe(true);
    expect(lines.render([record(3, "d")])).toHaveLength(0);
  });

  it("agrees with the definition for every log, batching and option", () => {
    const records = fc.array(
      fc.record({
        time: fc.nat(20).map(time),
        stream: fc.constantFrom("stdout", "stderr"),
        bytes: fc.string({ maxLength: 6 }).map((text) => Buffer.from(text)),
        partial: fc.boolean(),
      }),
    );
    const options = fc.record({
      timestamps: fc.boolean(),
      since: fc.option(fc.nat(20).map(time), { nil: undefined }),
      limitBytes: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined }),
      stream: fc.constantFrom("All", "Stdout", "Stderr"),
    });
    fc.assert(
      fc.property(records, options, fc.array(fc.nat(4)), (log, wanted, cuts) => {
        const full = { ...all, ...wanted };
        const lines = logLines(full);
        const pieces: Buffer[] = [];
        let rest: readonly LogRecord[] = log;
        for (const cut of cuts) {
          pieces.push(lines.render(rest.slice(0, cut)));
          rest = rest.slice(cut);
        }
        pieces.push(lines.render(rest));
        expect(Buffer.concat(pieces).toString("latin1")).toBe(reference(log, full).toString("latin1"));
      }),
    );
  });
});

/** The definition: filter, join into lines, prefix each line, cut at the end. */
function reference(log: readonly LogRecord[], options: LogOptions): Buffer {
  const wanted = log
    .filter(
      (entry) =>
        options.since === undefined || Buffer.compare(Buffer.from(entry.time), Buffer.from(options.since)) >= 0,
    )
    .filter(
      (entry) => options.stream === "All" || options.stream === (entry.stream === "stdout" ? "Stdout" : "Stderr"),
    );
  const lines: LogRecord[][] = [[]];
  for (const entry of wanted) {
    lines.at(-1)?.push(entry);
    if (!entry.partial) lines.push([]);
  }
  const texts = lines
    .filter((line) => line.length > 0)
    .map((line) =>
      Buffer.concat([
        Buffer.from(options.timestamps ? `${line[0]?.time} ` : ""),
        ...line.map((entry) => entry.bytes),
        Buffer.from(line.at(-1)?.partial === true ? "" : "\n"),
      ]),
    );
  return Buffer.concat(texts).subarray(0, options.limitBytes);
}
