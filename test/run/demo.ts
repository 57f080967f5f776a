/**
 * The program behind `burstlet demo`: `demo.ts '{"once":true}'`. It ends when its standard input does, so that it does
 * not outlive who started it. As root it runs itself again in a network namespace of its own, and the whole demo there.
 */
import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { shutdownSupervisor } from "../../providers/local/runtime/process/process-runtime.ts";
import { systemClock } from "../../src/telemetry/clock.ts";
import { namespaceAddress, namespaceTrouble, runInNamespace } from "../support/namespace.ts";
import { BuildFailed } from "./controlplane.ts";
import { buildControlPlane } from "./demo/build.ts";
import { type DemoOptions, runDemo } from "./demo/run-demo.ts";
import { endLeftovers, makeDemoFolder, staleDemoFolders } from "./demo/running-demo.ts";

/** Set in the process that has the demo; the one above it takes away what is left. */
const INNER = "BURSTLET_DEMO_INNER";

const [text = "{}"] = process.argv.slice(2);
const options = JSON.parse(text) as DemoOptions;
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
process.stdin
  .on("end", () => stop.abort())
  .on("error", () => stop.abort())
  .resume();
// Whoever looked at it has seen enough: `npm run demo | head`.
process.stdout.on("error", () => stop.abort());

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = told(error);
} finally {
  process.stdin.destroy();
}

function told(error: unknown): number {
  // The build has said it already.
  if (error instanceof BuildFailed) return error.exitCode;
  // Stopped before there was anything to see.
  if (error === stop.signal.reason) return options.once === true ? 1 : 0;
  console.error(`burstlet demo: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
}

async function main(): Promise<number> {
  const binary = await buildControlPlane(stop.signal);
  const isOwn = options.kubeconfig !== undefined || options.context !== undefined;
  const trouble = isOwn || namespaceAddress() !== undefined ? undefined : namespaceTrouble();
  if (process.env[INNER] !== undefined) return inside(binary, trouble);
  await sweep();
  // A process of its own, so that somebody is left to take away what it started when it is killed.
  process.env[INNER] = "1";
  const inner = [process.execPath, import.meta.filename, text];
  const bare = isOwn || trouble !== undefined || namespaceAddress() !== undefined;
  try {
    return await (bare ? runHere(inner) : runInNamespace(inner));
  } finally {
    await sweep();
  }
}

function runHere([program = "", ...args]: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: "inherit" });
  stop.signal.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

async function inside(binary: string, trouble: string | undefined): Promise<number> {
  const folder = makeDemoFolder(process.pid);
  try {
    return await runDemo(options, { binary, folder, trouble }, stop.signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Demos that were killed have left their pods running. */
async function sweep(): Promise<void> {
  for (const folder of staleDemoFolders()) {
    const scratch = endLeftovers(folder);
    for (const tasks of ["tasks", "tasks/local"]) await shutdownSupervisor(join(folder, tasks), systemClock);
    for (const gone of [scratch, folder]) if (gone !== undefined) await rm(gone, { recursive: true, force: true });
  }
}
