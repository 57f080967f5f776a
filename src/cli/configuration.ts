/** Reads the configuration file together with the schemas of all providers. */
import { readFile } from "node:fs/promises";
import { providers } from "../../providers/index.ts";
import { ConfigError } from "../config/config-error.ts";
import type { Flags } from "../config/flags.ts";
import { loadConfig } from "../config/load.ts";
import type { Configuration } from "../config/schema.ts";
import type { Providers } from "../config/setting.ts";

export async function providerSchemas(): Promise<Providers> {
  const parts = Object.entries(providers).map(
    async ([name, { config }]) => [name, (await config()).configSchema] as const,
  );
  return Object.fromEntries(await Promise.all(parts));
}

export async function readConfiguration(file: string, flags: Flags): Promise<Configuration> {
  const schemas = await providerSchemas();
  return loadConfig({ file, text: await readText(file), providers: schemas, environment: process.env, flags });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const what = `cannot be read: ${(error as Error).message}; --config names the configuration file`;
    throw new ConfigError([{ where: file, field: "", what }]);
  }
}
