/** Beside vitest's own reporter: says last what failed, the count, and which groups this machine could not run. */
import { rmSync } from "node:fs";
import { relative } from "node:path";
import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";
import { addFailures, addTests, closingLines, type Failure, newReport, read } from "./steps/report.ts";

/** Set by the runner, which then speaks for all its steps together. The workers of vitest inherit it. */
const ours = process.env["BURSTLET_TEST_REPORT"] === undefined;
const report = (process.env["BURSTLET_TEST_REPORT"] ??= newReport());

type Errors = Parameters<NonNullable<Reporter["onTestRunEnd"]>>[1];

export default class ClosingLinesReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], strays: Errors): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    addTests(
      report,
      tests.map((test) => test.result().state),
    );
    addFailures(report, [
      ...modules.flatMap((module) => failuresOf(nameOf(module), module.errors())),
      ...modules.flatMap((module) => [...module.children.allSuites()]).flatMap(failuresOfNamed),
      ...tests.flatMap(failuresOfNamed),
      ...failuresOf("an error outside of every test", strays),
    ]);
    if (!ours) return;
    process.once("exit", () => {
      for (const line of closingLines(read(report))) console.log(line);
      rmSync(report, { recursive: true, force: true });
    });
  }
}

function failuresOfNamed(named: TestCase | TestSuite): readonly Failure[] {
  const errors = named.type === "test" ? (named.result().errors ?? []) : named.errors();
  return failuresOf(`${nameOf(named.module)} > ${named.fullName}`, errors);
}

function failuresOf(of: string, errors: Errors): readonly Failure[] {
  return errors.map(({ name, message, diff, stacks }) => {
    const at = stacks?.[0];
    return {
      of,
      message: `${name ?? "Error"}: ${message}${typeof diff === "string" ? `\n${diff}` : ""}`,
      at: at === undefined ? undefined : `${relative(process.cwd(), at.file)}:${at.line}`,
    };
  });
}

function nameOf(module: TestModule): string {
  return `${module.project.name} ${module.relativeModuleId}`.trim();
}
