/**
 * Runs one project of vitest in a network namespace of its own: `isolated.ts e2e [ARGUMENT...]`. Where the machine
 * cannot make one it runs outside, and the tests that need it are not run. Temporary files are in a folder of the run's
 * own, which is removed also when a test had no time for it.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNamespace, namespaceTrouble } from "../support/namespace.ts";
import { suitePrograms } from "../conformance/programs.ts";
import { BuildFailed, goCommand, metricsServerFolder } from "./controlplane.ts";

const [project = "e2e", ...words] = process.argv.slice(2);
const vitest = join(import.meta.dirname, "../../node_modules/vitest/vitest.mjs");
const command = [process.execPath, vitest, "run", "--project", project, ...words];

if (project === "e2e" || project === "e2e-full") buildOutside();
// A short name: paths of sockets in it have an end at 107 bytes (unix(7)).
const folder = mkdtempSync(join(tmpdir(), "burst-"));
try {
  process.exitCode = await run({ TMPDIR: folder });
} finally {
  // A supervisor ends, with what it runs, when its folder has gone.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function run(env: Readonly<Record<string, string>>): Promise<number> {
  if (namespaceTrouble() === undefined) return runInNamespace(command, env);
  const plainly = { stdio: "inherit", env: { ...process.env, ...env } } as const;
  return spawnSync(process.execPath, command.slice(1), plainly).status ?? 1;
}

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
