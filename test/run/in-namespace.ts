/** Runs a command in a network namespace of its own where the machine can make one, and plainly where it cannot. */
import { namespaceTrouble, runInNamespace } from "../support/namespace.ts";
import { spawnSync } from "node:child_process";

const command = process.argv.slice(2);
if (namespaceTrouble() === undefined) {
  process.exitCode = await runInNamespace(command);
} else {
  // The test files that need the namespace say so themselves, and are listed as NOT RUN.
  const [program = "", ...rest] = command;
  process.exitCode = spawnSync(program, rest, { stdio: "inherit" }).status ?? 1;
}
