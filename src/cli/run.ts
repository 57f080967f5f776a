/** `burstlet run`: serves the virtual nodes of a configuration until it is told to stop. */
import { runApp } from "../app.ts";
import type { Flags } from "../config/flags.ts";
import { systemClock } from "../telemetry/clock.ts";
import { giveBack } from "../telemetry/give-back.ts";
import { createLog } from "../telemetry/log.ts";
import { readConfiguration } from "./configuration.ts";

export interface RunOptions extends Flags {
  readonly config: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

export async function run(options: RunOptions, signal: AbortSignal): Promise<number> {
  const config = await readConfiguration(options.config, options);
  const { kubeconfig, context } = options;
  void giveBack(systemClock, signal);
  await runApp({ config, kubeconfig, context, log: createLog(config.logging), signal });
  return 0;
}
