/** `burstlet demo` as a person starts it, and what must not be left of it. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { expect, onTestFinished } from "vitest";
import { runningDemo } from "../run/demo/running-demo.ts";
import { processesOf } from "./processes.ts";

export const root = join(import.meta.dirname, "../..");
// As in a person's terminal: the demo makes a network namespace of its own.
const { BURSTLET_NAMESPACE_ADDRESS: _, ...demoEnv } = process.env;
export { demoEnv };

type Demo = ChildProcessByStdio<null, Readable, null>;

export function startDemo(...options: readonly string[]): { demo: Demo; ended: Promise<number | null> } {
  const demo: Demo = spawn(process.execPath, [join(root, "src/main.ts"), "demo", ...options], {
    env: demoEnv,
    stdio: ["ignore", "pipe", "inherit"],
  });
  // Whatever holds a demo ends with it, and so does the demo when this test fails.
  onTestFinished(() => void demo.kill("SIGKILL"));
  return { demo, ended: new Promise((resolve) => demo.once("exit", resolve)) };
}

/** Reads until these examples have been reached. */
export async function until(demo: Demo, ...files: readonly string[]): Promise<void> {
  const missing = new Set(files);
  for await (const line of createInterface({ input: demo.stdout })) {
    missing.delete(/example (\S+): reached/.exec(line)?.[1] ?? "");
    if (missing.size === 0) return;
  }
}

/** Where the demo keeps its control plane, and the process that has the demo. */
export function place(): { pid: number; state: string } {
  const { pid = 0, kubeconfig = "" } = runningDemo() ?? {};
  const state = join(kubeconfig, "..");
  expect(existsSync(state)).toBe(true);
  return { pid, state };
}

export async function expectNothingOf({ pid, state }: ReturnType<typeof place>): Promise<void> {
  // Somebody else on this machine may look at a demo, too.
  expect(runningDemo()?.pid).not.toBe(pid);
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(existsSync(state)).toBe(false);
  expect(await processesOf(`demo-${pid}/tasks`)).toEqual([]);
  expect([...commandsWith(folderOf(state)), ...commandsWith(`demo-${pid}/`)]).toEqual([]);
}

/** That of the control plane, in which its state is one. */
export const folderOf = (state: string): string => join(state, "..");

export function commandsWith(words: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(commandOf)
    .filter((command) => command.includes(words));
}

function commandOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** The demo of a provider brings these examples where they should get, and leaves nothing behind. */
export async function expectShown(provider: string, ...files: readonly string[]): Promise<void> {
  const { demo, ended } = startDemo("--provider", provider);
  await until(demo, ...files);
  const demoPlace = place();
  demo.kill("SIGTERM");
  expect(await ended).toBe(0);
  await expectNothingOf(demoPlace);
}
