/** `burstlet run`: serves the virtual nodes of a configuration until it is told to stop. */
import { runApp } from "../app.ts";
import type { Flags } from "../config/flags.ts";
import { systemClock } from "../telemetry/clock.ts";
import { giveBack } from "../telemetry/give-back.ts";
import { createLog } from "../telemetry/log.ts";
import { readConfiguration } from "./configuration.ts";
import { givenPath } from "./given-path.ts";

export interface RunOptions extends Flags {
  readonly config: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

export async function run(options: RunOptions, signal: AbortSignal): Promise<number> {
  const config = await readConfiguration(givenPath(options.config, process.env), options);
  const { context } = options;
  const kubeconfig = options.kubeconfig === undefined ? undefined : givenPath(options.kubeconfig, process.env);
  void giveBack(systemClock, signal);
  await runApp({ config, kubeconfig, context, log: createLog(config.logging), signal });
  return 0;
}
