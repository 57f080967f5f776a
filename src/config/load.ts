import { parseDocument } from "yaml";
import type { z } from "zod";
import { ConfigError } from "./config-error.ts";
import { type Configuration, configurationSchemaWith, nodeSchemaWith } from "./schema.ts";

export interface ConfigSource {
  readonly file: string;
  readonly text: string;
  /** The schema of each provider's own part, by the provider's name. */
  readonly providers: Readonly<Record<string, z.ZodType>>;
}

export function loadConfig({ file, text, providers }: ConfigSource): Configuration {
  const value: unknown = parseDocument(text).toJS();
  const nodes = Object.entries(providers).map(([name, options]) => nodeSchemaWith(name, options));
  const [node] = nodes;
  if (node === undefined) throw new Error("there is no provider");
  const checked = configurationSchemaWith(node).safeParse(value);
  if (checked.success) return checked.data as Configuration;
  throw new ConfigError(
    checked.error.issues.map(({ path, message }) => ({ where: file, field: path.join("."), what: message })),
  );
}
