import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Cursor } from "./cursor.ts";
import { linesOf, type LogLine, type LogText, writtenLine } from "./lines.ts";

const timeOf = (index: number): string => `2026-01-02T03:04:05.${String(index).padStart(9, "0")}Z`;

describe("a log", () => {
  test.for<[what: string, content: string, lines: [time: string, text: string][], isOpen: boolean]>([
    ["of nothing", "", [], false],
    ["of one line", "2026-01-02T03:04:05.123456789Z one\n", [["2026-01-02T03:04:05.123456789Z", "one"]], false],
    ["whose last line goes on", "2026-01-02T03:04:05Z one", [["2026-01-02T03:04:05.000000000Z", "one"]], true],
    [
      "with empty lines",
      "2026-01-02T03:04:05Z \n2026-01-02T03:04:05Z\n",
      [
        ["2026-01-02T03:04:05.000000000Z", ""],
        ["2026-01-02T03:04:05.000000000Z", ""],
      ],
      false,
    ],
    [
      "with other forms of times",
      "2026-01-02T04:04:05.1+01:00 one\n2026-01-02T03:04:06,12Z two\n",
      [
        ["2026-01-02T03:04:05.100000000Z", "one"],
        ["2026-01-02T03:04:06.120000000Z", "two"],
      ],
      false,
    ],
    [
      "with more digits than nine",
      "2026-01-02T03:04:05.1234567891Z one\n",
      [["2026-01-02T03:04:05.123456789Z", "one"]],
      false,
    ],
    ["with a terminal's line ends", "2026-01-02T03:04:05Z one\r\n", [["2026-01-02T03:04:05.000000000Z", "one"]], false],
    [
      "cut within its first line",
      "4:05Z half\n2026-01-02T03:04:05Z one\n",
      [["2026-01-02T03:04:05.000000000Z", "one"]],
      false,
    ],
    [
      "without times",
      "one\ntwo\n",
      [
        ["2026-01-02T03:04:05.678000000Z", "one"],
        ["2026-01-02T03:04:05.678000000Z", "two"],
      ],
      false,
    ],
    [
      "with a line that has none",
      "2026-01-02T03:04:05Z one\ntwo\n",
      [
        ["2026-01-02T03:04:05.000000000Z", "one"],
        ["2026-01-02T03:04:05.000000000Z", "two"],
      ],
      false,
    ],
  ])("%s", ([, content, lines, isOpen]) => {
    const text = linesOf(content, Date.parse("2026-01-02T03:04:05.678Z"));
    expect(text.lines.map(({ time, text: words }) => [time, words])).toEqual(lines);
    expect(text.isOpen).toBe(isOpen);
  });

  test("that is written down is read again as it was", () => {
    const line: LogLine = { time: timeOf(7), text: " two  blanks ", raw: "whatever" };
    expect(linesOf(writtenLine(line), 0).lines).toMatchObject([{ time: line.time, text: line.text }]);
  });
});

const logOf = (from: number, to: number): LogText => ({
  lines: Array.from({ length: to - from }, (_, index) => lineAt(from + index)),
  isOpen: false,
});
/** Every third one says the same at the same time as the one before. */
const lineAt = (index: number): LogLine => {
  const at = index % 3 === 2 ? index - 1 : index;
  return { time: timeOf(at), text: `line ${at}`, raw: `${timeOf(at)} line ${at}` };
};
const whole = { isWhole: true, isOver: false };

describe("a cursor", () => {
  test("finds its place in whatever part of the log it is given, and gives every line once", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ more: fc.nat(40), back: fc.integer({ min: 4, max: 60 }) })), (steps) => {
        const cursor = new Cursor();
        let end = 0;
        const given: LogLine[] = [];
        for (const { more, back } of steps) {
          const before = end;
          end += more;
          const from = Math.max(0, Math.min(before, end) - back);
          const told = cursor.advance(logOf(from, end), whole);
          if (told === "more") throw new Error("it was given the whole");
          expect(told.missed).toBe(false);
          given.push(...told.fresh);
        }
        expect(given).toEqual(logOf(0, end).lines);
      }),
    );
  });

  test("asks for more of the end where its place is not in it, and says what is missing where there is no more", () => {
    const cursor = new Cursor();
    cursor.advance(logOf(0, 10), whole);
    expect(cursor.advance(logOf(20, 30), { isWhole: false, isOver: false })).toBe("more");
    expect(cursor.advance(logOf(5, 30), { isWhole: false, isOver: false })).toEqual({
      fresh: logOf(10, 30).lines,
      missed: false,
    });
    expect(cursor.advance(logOf(40, 45), whole)).toEqual({ fresh: logOf(40, 45).lines, missed: true });
    expect(cursor.advance({ lines: [], isOpen: false }, whole)).toEqual({ fresh: [], missed: false });
  });

  test("waits for the end of a line, until nothing more comes", () => {
    const cursor = new Cursor();
    const open = { ...logOf(0, 4), isOpen: true };
    expect(cursor.advance(open, whole)).toMatchObject({ fresh: logOf(0, 3).lines });
    expect(cursor.advance(open, { isWhole: true, isOver: true })).toMatchObject({ fresh: logOf(3, 4).lines });
  });

  test("goes on where another one has read to", () => {
    const cursor = new Cursor(logOf(0, 7).lines);
    expect(cursor.advance(logOf(3, 9), whole)).toEqual({ fresh: logOf(7, 9).lines, missed: false });
  });
});
