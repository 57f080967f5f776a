/**
 * `burstlet demo`. The demo runs on the control plane that the tests build, and what ships does not import test/: so it
 * is a program of its own in the source tree, and this command starts it.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { givenPath } from "./given-path.ts";
import { UsageError } from "./usage-error.ts";

export interface DemoOptions {
  readonly once?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly provider?: "local" | "fargate" | "aci" | "lambda" | "all";
}

export async function demo(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const program = fileURLToPath(new URL("../../test/run/demo.ts", import.meta.url));
  if (!existsSync(program))
    throw new UsageError("the demo is part of burstlet's source tree; run it there: npm run demo");
  // In a session of its own, so that Ctrl-C in the terminal reaches this process alone, which tells it to stop, once.
  // The pipe tells it when this process has died otherwise.
  const { kubeconfig } = options;
  const given = kubeconfig === undefined ? options : { ...options, kubeconfig: givenPath(kubeconfig, process.env) };
  const child = spawn(process.execPath, [program, JSON.stringify(given)], {
    stdio: ["pipe", "inherit", "inherit"],
    detached: true,
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
  const stop = (): boolean => child.kill("SIGTERM");
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  return ended;
}
