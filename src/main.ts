/** From argv to one command. The only place where the process ends itself: 0 done, 1 failed, 2 not understood. */
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
  exitCode = told(error);
}
await Promise.all([process.stdout, process.stderr].map(drained));
process.exit(exitCode);

/** A pipe takes only as much at once as its reader has room for: what still waits would go with the process. */
async function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    // A reader that is gone, as after `| head`, takes nothing more.
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}

function told(error: unknown): number {
  // Commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const isForUser = error instanceof Error && !(error instanceof TypeError) && !(error instanceof ReferenceError);
  console.error(`burstlet: ${isForUser ? error.message : String(error instanceof Error ? error.stack : error)}`);
  return isForUser && (error.name === "ConfigError" || error.name === "UsageError") ? 2 : 1;
}
