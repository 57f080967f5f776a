/** The text of a container's log, as Azure gives it with times → lines. Pure. */
import { parseTime, rfc3339Nano } from "../../../../src/provider.ts";

export interface LogLine {
  /** RFC 3339 with 9 fraction digits, UTC; never before that of the line before, which a line without a time has. */
  readonly time: string;
  readonly text: string;
  /** By which it is known again: time and text, in one form. */
  readonly raw: string;
}

export interface LogText {
  readonly lines: readonly LogLine[];
  /** The last one has no line end: it may go on. */
  readonly isOpen: boolean;
}

/** RFC 3339, with a fraction and an offset of any form: which one Azure writes is not verified. */
const stamp = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:?\d\d) ?/;

/** `now`: milliseconds since 1970, for lines that nobody has given a time. */
export function linesOf(content: string, now: number): LogText {
  const parts = content.split("\n");
  const last = parts.pop() ?? "";
  const texts = last === "" ? parts : [...parts, last];
  const isTimed = texts.some((text) => stamp.test(text));
  let time = isTimed ? "" : rfc3339Nano(now);
  const lines: LogLine[] = [];
  for (const [index, raw] of texts.entries()) {
    const line = timed(raw);
    // Azure cuts at bytes: of the first line only the end may be left.
    if (line === undefined && index === 0 && isTimed) continue;
    // The order of the lines is what counts: two outputs have been seen to be stamped the other way round.
    if (line !== undefined && line.time > time) ({ time } = line);
    lines.push(
      line === undefined ? { time, text: raw, raw } : { time, text: line.text, raw: `${line.time} ${line.text}` },
    );
  }
  return { lines, isOpen: last !== "" };
}

function timed(raw: string): { readonly time: string; readonly text: string } | undefined {
  const found = stamp.exec(raw);
  const [whole = "", date = "", fraction = "", offset = ""] = found ?? [];
  const seconds = found ? parseTime(`${date}${offset}`) : undefined;
  if (seconds === undefined) return undefined;
  const time = `${rfc3339Nano(seconds).slice(0, 20)}${fraction.slice(0, 9).padEnd(9, "0")}Z`;
  return { time, text: raw.slice(whole.length).replace(/\r$/, "") };
}

/** A line as a file keeps it, and as `linesOf` reads it again. */
export function writtenLine({ time, text, raw }: LogLine): string {
  return stamp.test(raw) ? `${raw}\n` : `${time} ${text}\n`;
}
