/** `burstlet run`: serves the virtual nodes of a configuration file until it is told to stop. */
import { readFile } from "node:fs/promises";
import { providers } from "../../providers/index.ts";
import { runApp } from "../app.ts";
import { loadConfig } from "../config/load.ts";
import { createLog } from "../telemetry/log.ts";

export interface RunOptions {
  readonly config: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

export async function run(options: RunOptions, signal: AbortSignal): Promise<number> {
  const text = await readFile(options.config, "utf8");
  const parts = await Promise.all(
    Object.entries(providers).map(async ([name, entry]) => [name, (await entry.config()).configSchema] as const),
  );
  const config = loadConfig({ file: options.config, text, providers: Object.fromEntries(parts) });
  const { kubeconfig, context } = options;
  await runApp({ config, kubeconfig, context, log: createLog(config.logging), signal });
  return 0;
}
