/** What the tests of this room share: a short file, and what is said of a wrong one. */
import { configSchema } from "../../providers/local/config.ts";
import { ConfigError } from "./config-error.ts";
import { type ConfigSource, loadConfig } from "./load.ts";
import type { Configuration } from "./schema.ts";

const providers = { local: configSchema };
export const head = "apiVersion: burstlet.dev/v1alpha1\nkind: BurstletConfiguration\n";
/** One node of the local provider, and nothing else. */
export const one = `${head}nodes:\n- name: a\n  provider: local\n`;

export function load(text: string, more: Partial<ConfigSource> = {}): Configuration {
  return loadConfig({ file: "f.yaml", text, providers, ...more });
}

/** A line for each problem, without the count of them; empty when there is none. */
export function problems(text: string, more: Partial<ConfigSource> = {}): string[] {
  try {
    load(text, more);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map(({ where, field, what }) =>
        [where, field, what].filter((part) => part !== "").join(": "),
      );
    throw error;
  }
  return [];
}
