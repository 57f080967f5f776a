/**
 * `npm test`: runs the npm scripts that it is given, one after the other, all of them whatever fails, and says at the
 * end what failed and what this machine could not run.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { closingLines, newReport, read } from "./report.ts";

const everything = ["typecheck", "lint", "format:check", "knip", "unit", "contract", "e2e"];

/** The steps get the Ctrl-C too and end by it; this process stays to say how far it came. */
process.on("SIGINT", () => undefined);

process.exitCode = (await runAll(process.argv.length > 2 ? process.argv.slice(2) : everything)) ? 0 : 1;

async function runAll(steps: readonly string[]): Promise<boolean> {
  const report = newReport();
  const results: { step: string; ok: boolean; seconds: number }[] = [];
  for (const step of steps) {
    console.log(`\n── ${step}`);
    const start = performance.now();
    const outcome = await run(step, report);
    results.push({ step, ok: outcome === 0, seconds: (performance.now() - start) / 1000 });
    if (outcome === "interrupted") break;
  }
  console.log("");
  for (const { step, ok, seconds } of results) {
    console.log(`${step.padEnd(13)} ${ok ? "ok    " : "FAILED"} ${seconds.toFixed(1).padStart(7)} s`);
  }
  for (const step of steps.slice(results.length)) console.log(`${step.padEnd(13)} not reached`);
  for (const line of closingLines(read(report))) console.log(line);
  rmSync(report, { recursive: true, force: true });
  return results.length === steps.length && results.every(({ ok }) => ok);
}

function run(step: string, report: string): Promise<number | "interrupted"> {
  const child = spawn("npm", ["run", "--silent", step], {
    stdio: "inherit",
    env: { ...process.env, BURSTLET_TEST_REPORT: report },
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(signal === "SIGINT" || code === 130 ? "interrupted" : (code ?? 1)));
  });
}
