/**
 * `npm test`: runs npm scripts, all of them whatever fails, and says at the end what failed and what this machine could
 * not run. Given names of scripts it runs those, one after the other.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { heldOutput, liveOutput, type Output } from "./steps/output.ts";
import { closingLines, newReport, read } from "./steps/report.ts";

/** Steps one after the other. */
type Lane = readonly string[];

/** One after the other; the lanes of one beside each other. The end-to-end tests wait more than they work. */
const everything: readonly (readonly Lane[])[] = [
  [["typecheck", "lint", "format:check", "knip"]],
  [["unit", "contract"], ["e2e"]],
];

interface Result {
  readonly step: string;
  readonly outcome: number | "interrupted";
  readonly seconds: number;
}

const report = newReport();
const results: Result[] = [];
const isInterrupted = (): boolean => results.some(({ outcome }) => outcome === "interrupted");

/** The steps get the Ctrl-C too and end by it; this process stays to say how far it came. */
process.on("SIGINT", () => undefined);

process.exitCode = (await runAll(process.argv.length > 2 ? [[process.argv.slice(2)]] : everything)) ? 0 : 1;

async function runAll(stages: readonly (readonly Lane[])[]): Promise<boolean> {
  const start = performance.now();
  for (const lanes of stages) await runBesideEachOther(lanes);
  const steps = stages.flat(2);
  console.log("");
  for (const step of steps) console.log(lineOf(step));
  console.log(`${"".padEnd(20)} ${secondsSince(start).toFixed(1).padStart(7)} s`);
  for (const line of closingLines(read(report))) console.log(line);
  rmSync(report, { recursive: true, force: true });
  return results.length === steps.length && results.every(({ outcome }) => outcome === 0);
}

/** What the first lane writes is seen at once, what another one writes when those before it have ended. */
async function runBesideEachOther(lanes: readonly Lane[]): Promise<void> {
  let former: Promise<unknown> = Promise.resolve();
  for (const [place, lane] of lanes.entries()) {
    const ended = runLane(lane, place === 0 ? liveOutput() : heldOutput(former));
    former = Promise.all([former, ended]);
  }
  await former;
}

async function runLane(lane: Lane, output: Output): Promise<void> {
  for (const step of lane) {
    if (isInterrupted()) return;
    output.say(`\n── ${step}\n`);
    const start = performance.now();
    const outcome = await run(step, output);
    results.push({ step, outcome, seconds: secondsSince(start) });
  }
}

async function run(step: string, output: Output): Promise<Result["outcome"]> {
  const env = { ...process.env, ...output.env, BURSTLET_TEST_REPORT: report };
  const child = spawn("npm", ["run", "--silent", step], { stdio: output.stdio, env });
  output.listenTo(child);
  const closed = new Promise((resolve) => child.once("close", resolve));
  const outcome = await endOf(child);
  // Its last words may still be on their way; whoever else holds its output open must not hold us up.
  await Promise.race([closed, sleep(5_000, undefined, { ref: false })]);
  return outcome;
}

function endOf(child: ChildProcess): Promise<Result["outcome"]> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(signal === "SIGINT" || code === 130 ? "interrupted" : (code ?? 1)));
  });
}

function lineOf(step: string): string {
  const result = results.find((one) => one.step === step);
  if (result === undefined) return `${step.padEnd(13)} not reached`;
  const { outcome, seconds } = result;
  return `${step.padEnd(13)} ${outcome === 0 ? "ok    " : "FAILED"} ${seconds.toFixed(1).padStart(7)} s`;
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
