/** What a run of tests leaves for its last lines: a folder, because several processes write to it. */
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { notRunLine, type RequirementName } from "../../support/requirements.ts";

/** The most characters of a failure's message: what is not needed to know the cause is in the run's output above. */
const longestMessage = 1_500;

type TestState = "passed" | "failed" | "skipped" | "pending";

/** Of a test, or of what is no test: a hook of a group, a file that could not be loaded, a stray error. */
export interface Failure {
  /** Project, file and titles. */
  readonly of: string;
  readonly message: string;
  /** `file:line`, where it is known. */
  readonly at: string | undefined;
}

interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
  readonly notRun: readonly RequirementName[];
}

/** The path of a new, empty report. */
export function newReport(): string {
  const folder = mkdtempSync(join(tmpdir(), "burstlet-test-"));
  for (const file of ["tests", "failures", "not-run"]) writeFileSync(join(folder, file), "");
  return folder;
}

export function addTests(folder: string, states: readonly TestState[]): void {
  appendFileSync(join(folder, "tests"), states.map((state) => `${state}\n`).join(""));
}

export function addFailures(folder: string, failures: readonly Failure[]): void {
  appendFileSync(join(folder, "failures"), failures.map((failure) => `${JSON.stringify(failure)}\n`).join(""));
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
    failures: lines("failures").map((line) => JSON.parse(line) as Failure),
    notRun: [...new Set(lines("not-run") as RequirementName[])].toSorted(),
  };
}

/** The last lines of a run, where the end of a long log has them: what failed, the count, then what was not run. */
export function closingLines(report: Report): readonly string[] {
  const skipped = report.skipped > 0 ? `, ${report.skipped} skipped` : "";
  return [
    ...report.failures.flatMap(linesOfFailure),
    `${report.passed} passed, ${report.failed} failed${skipped}`,
    ...report.notRun.map(notRunLine),
  ];
}

function linesOfFailure({ of, message, at }: Failure): readonly string[] {
  const told = stripVTControlCharacters(message).slice(0, longestMessage).trimEnd();
  return [`FAILED ${of}`, ...told.split("\n").map((line) => `  ${line}`), ...(at === undefined ? [] : [`  at ${at}`])];
}
