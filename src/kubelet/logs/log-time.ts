import { parseTime, rfc3339 } from "../../model/clock.ts";

const rfc3339Form = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/i;

/**
 * An RFC 3339 time in the form of LogRecord.time: UTC with 9 fraction digits, so that comparing texts compares times
 * to the nanosecond. `undefined`: it is none.
 */
export function logTime(text: string): string | undefined {
  const [, date, clock, fraction = "", zone] = rfc3339Form.exec(text) ?? [];
  const ms = parseTime(`${date}T${clock}${zone?.toUpperCase()}`);
  return ms === undefined ? undefined : `${rfc3339(ms).slice(0, -1)}.${fraction.slice(0, 9).padEnd(9, "0")}Z`;
}
