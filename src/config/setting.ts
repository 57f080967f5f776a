/** What the environment and the command line change in the configuration's file. */
import { nearest } from "./nearest.ts";
import { type Path, scalarFields, valueOf } from "./shape.ts";
import type { Problem } from "./config-error.ts";
import type { z } from "zod";

export interface Setting {
  readonly path: Path;
  readonly value: unknown;
  /** Who says so, as a person knows it: `--max-pods`, `BURSTLET_NODE_PORT`. */
  readonly where: string;
}

export interface Variable {
  readonly name: string;
  readonly path: Path;
  readonly schema: z.core.$ZodType;
}

/** Environment variables of virtual-kubelet under which many manifests already say these two. */
const aliases: Readonly<Record<string, string>> = {
  VKUBELET_POD_IP: "BURSTLET_NODE_ADDRESS",
  KUBELET_PORT: "BURSTLET_NODE_PORT",
};

/**
 * A variable for every single value of the configuration: `logging.verbosity` is BURSTLET_LOGGING_VERBOSITY. Those of
 * a node, BURSTLET_NODE_…, mean the one node of the file. Lists and maps have none.
 */
export function variables(top: z.core.$ZodType, node: z.core.$ZodType, providers: Providers): Variable[] {
  const fields = [
    ...scalarFields(top).filter(({ path }) => path[0] !== "apiVersion" && path[0] !== "kind"),
    ...inNode(scalarFields(node)),
    ...Object.entries(providers).flatMap(([name, schema]) => inNode(scalarFields(schema, [name]))),
  ];
  return fields.map(({ path, schema }) => ({ name: variableName(path), path, schema }));
}

export type Providers = Readonly<Record<string, z.ZodObject>>;

function inNode(fields: ReturnType<typeof scalarFields>): { path: Path; schema: z.core.$ZodType }[] {
  return fields.map(({ path, schema }) => ({ path: ["nodes", 0, ...path], schema }));
}

function variableName(path: Path): string {
  const words = path[0] === "nodes" ? ["node", ...path.slice(2)] : path;
  return ["BURSTLET", ...words]
    .join("_")
    .replaceAll(/([a-z0-9])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])/g, "$1$2_")
    .toUpperCase();
}

/** An empty variable counts as not set, as in most manifests that leave a value open. */
export function environmentSettings(
  known: readonly Variable[],
  environment: Readonly<Record<string, string | undefined>>,
): { settings: Setting[]; problems: Problem[] } {
  const alias = Object.entries(aliases).flatMap(([name, own]) =>
    known.filter((variable) => variable.name === own).map((variable) => ({ ...variable, name })),
  );
  // The later one counts: burstlet's own name.
  const settings = [...alias, ...known].flatMap(({ name, path, schema }): Setting[] => {
    const text = environment[name];
    return text === undefined || text === "" ? [] : [{ path, value: valueOf(schema, text), where: name }];
  });
  return { settings, problems: misspelt(known, environment) };
}

/**
 * BURSTLET_ alone proves nothing: a Service named burstlet puts BURSTLET_SERVICE_HOST into every pod of its namespace.
 * What is nearly the name of a variable is a mistake.
 */
function misspelt(known: readonly Variable[], environment: Readonly<Record<string, string | undefined>>): Problem[] {
  const names = new Set(known.map(({ name }) => name));
  return Object.keys(environment).flatMap((where): Problem[] => {
    if (!where.startsWith("BURSTLET_") || names.has(where) || environment[where] === "") return [];
    const meant = nearest(where, names);
    return meant === undefined ? [] : [{ where, field: "", what: `unknown variable; did you mean ${meant}?` }];
  });
}

/** A copy with the settings in place. Where the file has no mapping or node for one, it is left out: the file is wrong. */
export function withSettings(value: unknown, settings: readonly Setting[]): unknown {
  const copy: unknown = structuredClone(value);
  for (const { path, value: wanted } of settings) put(copy, path, wanted);
  return copy;
}

function put(into: unknown, [key, ...rest]: Path, value: unknown): void {
  if (key === undefined || typeof into !== "object" || into === null) return;
  const holder = into as Record<string | number, unknown>;
  if (rest.length === 0) holder[key] = value;
  else {
    if (holder[key] === undefined && typeof rest[0] === "string" && !Array.isArray(into)) holder[key] = {};
    put(holder[key], rest, value);
  }
}
