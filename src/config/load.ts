import { check } from "./check.ts";
import { ConfigError, type Problem } from "./config-error.ts";
import { fieldName, type Finding, valueAt } from "./explain.ts";
import { type Flags, flagSettings } from "./flags.ts";
import { type Configuration, configurationSchema, nodeSchema } from "./schema.ts";
import { environmentSettings, type Providers, type Setting, variables, withSettings } from "./setting.ts";
import type { Path } from "./shape.ts";
import { readYaml } from "./yaml-file.ts";

export interface ConfigSource {
  /** Name of the file, for messages. */
  readonly file: string;
  readonly text: string;
  /** The schema of each provider's own part, by the provider's name. */
  readonly providers: Providers;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly flags?: Flags;
}

/** Default < file < environment < flag. Throws a ConfigError that tells every problem of all of them. */
export function loadConfig({ file, text, providers, environment = {}, flags = {} }: ConfigSource): Configuration {
  const yaml = readYaml(file, text);
  const known = variables(configurationSchema, nodeSchema, providers);
  const fromEnvironment = environmentSettings(known, environment);
  const fromFlags = flagSettings(flags, withSettings(yaml.value, fromEnvironment.settings));
  const settings = [...fromEnvironment.settings, ...fromFlags.settings];
  const problems = [...fromEnvironment.problems, ...fromFlags.problems, ...meantForOneNode(settings, yaml.value)];
  const checked = check(withSettings(yaml.value, settings), providers);
  if ("config" in checked && problems.length === 0) return checked.config;

  const where = ({ path, of }: Finding): string => origin(settings, path, yaml.value) ?? yaml.where(path, of);
  const found = "findings" in checked ? checked.findings : [];
  const told = found.map((finding) => ({ where: where(finding), field: fieldName(finding.path), what: finding.what }));
  throw new ConfigError([...problems, ...told.toSorted(byPlace)]);
}

/** A flag or variable for a node says which one only where there is just one. */
function meantForOneNode(settings: readonly Setting[], file: unknown): Problem[] {
  const nodes = valueAt(file, ["nodes"]);
  if (!Array.isArray(nodes) || nodes.length < 2) return [];
  const what = `means one node, but the configuration has ${nodes.length}; say it in the file, at the node that is meant`;
  const names = new Set(settings.filter(({ path }) => path[0] === "nodes").map((setting) => setting.where));
  return [...names].map((where) => ({ where, field: "", what }));
}

/** The last setting that says what stands at this path, or made it stand there. */
function origin(settings: readonly Setting[], path: Path, file: unknown): string | undefined {
  const inFile = valueAt(file, path) !== undefined;
  return settings.findLast((setting) => begins(path, setting.path) || (!inFile && begins(setting.path, path)))?.where;
}

function begins(path: Path, start: Path): boolean {
  return start.every((key, place) => path[place] === key);
}

function byPlace(a: Problem, b: Problem): number {
  return a.where.localeCompare(b.where, "en", { numeric: true });
}
