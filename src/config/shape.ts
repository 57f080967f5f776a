/** Looks into zod schemas: what stands at a path, what is allowed there, and which fields are single values. */
import type { z } from "zod";

type Schema = z.core.$ZodType;
type Def = z.core.$ZodTypes["_zod"]["def"];
export type Path = readonly (string | number)[];

/** What a schema is made of, without what only says that a field may be left out. */
export function defOf(schema: Schema): Def {
  const { def } = schema as unknown as { def: Def };
  return "innerType" in def ? defOf(def.innerType) : def;
}

/** The schema at a path, or `undefined` where the schema knows none. */
export function schemaAt(schema: Schema, [key, ...rest]: Path): Schema | undefined {
  if (key === undefined) return schema;
  const next = childOf(defOf(schema), key);
  return next === undefined ? undefined : schemaAt(next, rest);
}

function childOf(def: Def, key: string | number): Schema | undefined {
  if (def.type === "object") return def.shape[key];
  if (def.type === "array") return def.element;
  return def.type === "record" ? def.valueType : undefined;
}

/** Names of an object's fields; empty for anything else. */
export function fieldsOf(schema: Schema | undefined): readonly string[] {
  const def = schema === undefined ? undefined : defOf(schema);
  return def?.type === "object" ? Object.keys(def.shape) : [];
}

/** Every field that holds a single value, at any depth; those in lists and maps have no fixed path. */
export function scalarFields(
  schema: Schema,
  path: readonly string[] = [],
): { path: readonly string[]; schema: Schema }[] {
  const def = defOf(schema);
  if (def.type === "object")
    return Object.entries(def.shape).flatMap(([key, field]) => scalarFields(field, [...path, key]));
  return isScalar(schema) ? [{ path, schema }] : [];
}

function isScalar(schema: Schema): boolean {
  const def = defOf(schema);
  if (def.type === "union") return def.options.every(isScalar);
  return ["string", "number", "boolean", "enum", "literal"].includes(def.type);
}

/** The value that a text of an environment variable or a flag stands for; the text itself where it stands for none. */
export function valueOf(schema: Schema, text: string): unknown {
  const def = defOf(schema);
  if (def.type === "union") return def.options.map((option) => valueOf(option, text)).find((v) => v !== text) ?? text;
  if (def.type === "boolean" && (text === "true" || text === "false")) return text === "true";
  if (def.type === "number" && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  return text;
}

const formats: Readonly<Record<string, string>> = {
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
  cidrv4: "an IPv4 network such as 10.0.0.0/16",
  url: "a URL with its scheme, such as https://example.com",
};

/** What is allowed, as words: `a whole number from 0 to 65535`, `one of json, text`. */
export function allowedWords(schema: Schema): string {
  const def = defOf(schema);
  if (def.type === "object") return `a mapping with the fields ${Object.keys(def.shape).join(", ")}`;
  if (def.type === "record") return "a mapping";
  if (def.type === "array") return rulesOf(def).length === 0 ? "a list" : "a list that is not empty";
  if (def.type === "number") return numberWords(def);
  if (def.type === "boolean") return "true or false";
  if (def.type === "enum") return oneOf(Object.values(def.entries));
  if (def.type === "literal") return oneOf(def.values);
  return def.type === "union" ? def.options.map(allowedWords).join(" or ") : textWords(def);
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.map(String).join(", ")}`;
}

type Rule = z.core.$ZodChecks["_zod"]["def"];

function rulesOf(def: Def): Rule[] {
  // The rules of a schema are its "checks", which hide their definition one level deeper than schemas do.
  return (def.checks ?? []).map(({ ["_zod"]: inner }) => inner.def as Rule);
}

function textWords(def: Def): string {
  const format = "format" in def ? formats[String(def.format)] : undefined;
  // A pattern cannot be read by everybody: schemas give it words.
  const pattern = rulesOf(def).find((rule) => rule.check === "string_format");
  const words = (pattern?.error as (() => unknown) | undefined)?.();
  if (typeof words === "string") return words.replace(/^expected /, "");
  return format ?? (rulesOf(def).some((rule) => rule.check === "min_length") ? "a text that is not empty" : "a text");
}

function numberWords(def: Def): string {
  const kind = "format" in def ? "a whole number" : "a number";
  const least = rulesOf(def).find((rule) => rule.check === "greater_than");
  const most = rulesOf(def).find((rule) => rule.check === "less_than");
  if (least === undefined) return most === undefined ? kind : `${kind} of at most ${String(most.value)}`;
  if (most !== undefined) return `${kind} from ${String(least.value)} to ${String(most.value)}`;
  return least.inclusive ? `${kind} of at least ${String(least.value)}` : `${kind} above ${String(least.value)}`;
}
