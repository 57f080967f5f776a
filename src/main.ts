/** From argv to one command. The only place where the process ends itself. */
import { CommanderError } from "commander";
import { createProgram } from "./cli/program.ts";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // As everywhere in Kubernetes: the second signal does not wait for a clean stop.
    if (stop.signal.aborted) process.exit(1);
    stop.abort(new Error(`stopped by ${signal}`));
  });
}

let exitCode = 0;
const program = createProgram(async (command) => {
  exitCode = await command();
}, stop.signal);
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    console.error(`burstlet: ${error instanceof Error ? error.message : String(error)}`);
    exitCode = error instanceof Error && error.name === "ConfigError" ? 2 : 1;
  }
}
process.exit(exitCode);
