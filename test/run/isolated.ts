/**
 * Runs one project of vitest in a network namespace of its own: `isolated.ts e2e [ARGUMENT...]`. Where the machine
 * cannot make one it runs outside, and the tests that need it are not run.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { runInNamespace, namespaceTrouble } from "../support/namespace.ts";
import { suitePrograms } from "../conformance/programs.ts";
import { BuildFailed, goCommand, metricsServerFolder } from "./controlplane.ts";

const [project = "e2e", ...words] = process.argv.slice(2);
const vitest = join(import.meta.dirname, "../../node_modules/vitest/vitest.mjs");
const command = [process.execPath, vitest, "run", "--project", project, ...words];

if (project === "e2e" || project === "e2e-full") buildOutside();
if (namespaceTrouble() === undefined) process.exitCode = await runInNamespace(command);
else process.exitCode = spawnSync(process.execPath, command.slice(1), { stdio: "inherit" }).status ?? 1;

/** Inside there is no network to fetch modules by. Without Go the tests that need it say so. */
function buildOutside(): void {
  try {
    for (const name of ["controlplane", "clients"] as const) goCommand(name);
    // A single other file need not wait for these.
    const wants = (file: string): boolean => words.every((word) => word.startsWith("-") || word.includes(file));
    if (wants("metrics-server") || project === "e2e-full") metricsServerFolder();
    if (wants("conformance") && project === "e2e") suitePrograms();
  } catch (error) {
    if (!(error instanceof BuildFailed)) throw error;
    if (error.exitCode !== 2) process.exit(1);
  }
}
