/**
 * `npm run conformance`: the suites that others wrote, against burstlet on a container engine, in a network namespace of
 * its own. With an argument only the tests whose names fit it, and nothing is written.
 */
import { BuildFailed } from "./controlplane.ts";
import { runSuites } from "../conformance/run-suites.ts";
import { suitePrograms } from "../conformance/programs.ts";
import { namespaceAddress, namespaceTrouble, runInNamespace } from "../support/namespace.ts";

const [pattern] = process.argv.slice(2);
const stop = new AbortController();
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof BuildFailed) && !stop.signal.aborted) throw error;
  process.exitCode = error instanceof BuildFailed ? error.exitCode : 130;
}

async function main(): Promise<number> {
  // Built outside: inside there is no network to fetch modules by.
  const programs = suitePrograms();
  if (namespaceAddress() !== undefined) {
    // What it has started is taken away also when it is stopped.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
    return (await runSuites(programs, pattern, stop.signal)) ? 0 : 1;
  }
  const trouble = namespaceTrouble();
  if (trouble === undefined) return runInNamespace([process.execPath, import.meta.filename, ...process.argv.slice(2)]);
  console.error(`npm run conformance: ${trouble}`);
  return 1;
}
