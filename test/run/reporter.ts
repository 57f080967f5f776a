/** Beside vitest's own reporter: counts the tests, and says last which groups this machine could not run. */
import { rmSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";
import { addTests, closingLines, newReport, read } from "./steps/report.ts";

/** Set by the runner, which then speaks for all its steps together. The workers of vitest inherit it. */
const ours = process.env["BURSTLET_TEST_REPORT"] === undefined;
const report = (process.env["BURSTLET_TEST_REPORT"] ??= newReport());

export default class NotRunReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    addTests(
      report,
      modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state)),
    );
    if (!ours) return;
    process.once("exit", () => {
      for (const line of closingLines(read(report))) console.log(line);
      rmSync(report, { recursive: true, force: true });
    });
  }
}
