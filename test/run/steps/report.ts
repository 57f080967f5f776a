/** What a run of tests leaves for its last lines: a folder, because several processes write to it. */
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { notRunLine, type RequirementName } from "../../support/requirements.ts";

type TestState = "passed" | "failed" | "skipped" | "pending";

interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly notRun: readonly RequirementName[];
}

/** The path of a new, empty report. */
export function newReport(): string {
  const folder = mkdtempSync(join(tmpdir(), "burstlet-test-"));
  for (const file of ["tests", "not-run"]) writeFileSync(join(folder, file), "");
  return folder;
}

export function addTests(folder: string, states: readonly TestState[]): void {
  appendFileSync(join(folder, "tests"), states.map((state) => `${state}\n`).join(""));
}

export function read(folder: string): Report {
  const lines = (file: string): string[] => readFileSync(join(folder, file), "utf8").split("\n").filter(Boolean);
  const states = lines("tests");
  const count = (state: TestState): number => states.filter((line) => line === state).length;
  return {
    passed: count("passed"),
    // A test that never ended is none that passed.
    failed: count("failed") + count("pending"),
    skipped: count("skipped"),
    notRun: [...new Set(lines("not-run") as RequirementName[])].toSorted(),
  };
}

/** The last lines of a run: the count, then what was not run. */
export function closingLines(report: Report): readonly string[] {
  const skipped = report.skipped > 0 ? `, ${report.skipped} skipped` : "";
  return [`${report.passed} passed, ${report.failed} failed${skipped}`, ...report.notRun.map(notRunLine)];
}
