/** Plain aligned columns, as kubectl prints them. Pure. */
import { stripVTControlCharacters } from "node:util";

export type Row = readonly string[];

/**
 * Lines without trailing spaces, each at most `width` columns wide. Colours inside of cells do not count. Where it is
 * too broad, columns of these heads are left out, the first of them first, before anything is cut off.
 */
export function table(head: Row, rows: readonly Row[], width = Infinity, dispensable: Row = []): string[] {
  const lines = aligned(head, rows);
  const [first, ...others] = dispensable;
  if (first === undefined || lines.every((line) => breadth(line) <= width)) {
    return lines.map((line) => clipped(line, width));
  }
  const left = (row: Row): Row => row.filter((_, column) => head[column] !== first);
  return table(left(head), rows.map(left), width, others);
}

function aligned(head: Row, rows: readonly Row[]): string[] {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => breadth(row[column] ?? ""))));
  return [head, ...rows].map((row) => {
    const cells = row.map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - breadth(cell))));
    return cells.join("   ").trimEnd();
  });
}

function breadth(cell: string): number {
  return stripVTControlCharacters(cell).length;
}

/** A line that is too long loses its colours with its end. */
export function clipped(line: string, width: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : `${plain.slice(0, Math.max(0, width - 1))}…`;
}

/** `8s`, `2m5s`, `3h12m`: as kubectl writes ages. */
export function age(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 120) return `${whole}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 10) return whole % 60 === 0 ? `${minutes}m` : `${minutes}m${whole % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  return `${Math.floor(minutes / 60)}h${minutes % 60 === 0 ? "" : `${minutes % 60}m`}`;
}
