import { expect, it } from "vitest";
import { figuresOf, type Report, row, title } from "./figures.ts";

const reportOf = (...files: Record<string, number>[]): Report => ({
  files: Object.fromEntries(
    files.map((statuses, index) => {
      const mutants = Object.entries(statuses).flatMap(([status, count]) =>
        Array.from({ length: count }, () => ({ status })),
      );
      return [`file${index}`, { mutants }];
    }),
  ) as Report["files"],
});

it("an endless loop is noticed, code that no test runs is not, and what cannot run at all does not count", () => {
  const figures = figuresOf(
    reportOf({ Killed: 4, Timeout: 1, RuntimeError: 9 }, { Killed: 1, Survived: 1, NoCoverage: 1 }),
  );
  expect(figures).toEqual({ killed: 6, survived: 1, uncovered: 1, score: 75 });
  expect(row("src/status", figures, "abc")).toBe("| `src/status` | 8 | 6 | 1 | 1 | 75.0 % | abc |");
});

it("a row has the columns of the table", () => {
  const columns = (line: string | undefined) => line?.split("|").length;
  expect(columns(row("src/status", figuresOf(reportOf({ Killed: 1 })), "abc"))).toBe(columns(title[0]));
});
