/** From what zod found to sentences that say what is wrong and what is allowed. Pure. */
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { nearest } from "./nearest.ts";
import { allowedWords, defOf, fieldsOf, type Path, schemaAt } from "./shape.ts";

/** A problem at a path of the configuration. `of: "key"` when the name itself is wrong, not its value. */
export interface Finding {
  readonly path: Path;
  readonly of: "key" | "value";
  readonly what: string;
}

/** One finding for every issue, and one for every unknown field. `value` is what was checked. */
export function explain(schema: z.core.$ZodType, value: unknown, issues: readonly z.core.$ZodIssue[]): Finding[] {
  return issues
    .filter((issue) => isWorth(issue, issues))
    .flatMap((issue): Finding[] => {
      const path = issue.path as Path;
      if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownField(schema, path, key));
      const of = issue.code === "invalid_key" ? "key" : "value";
      return [{ path, of, what: sentence(schema, issue, valueAt(value, path)) }];
    });
}

/** Of a value of the wrong type zod still checks the length: a text in place of a list would be too long for one. */
function isWorth({ code, path }: z.core.$ZodIssue, issues: readonly z.core.$ZodIssue[]): boolean {
  if (code === "invalid_type") return true;
  return !issues.some((other) => other.code === "invalid_type" && isDeepStrictEqual(other.path, path));
}

function unknownField(schema: z.core.$ZodType, path: Path, key: string): Finding {
  const fields = fieldsOf(schemaAt(schema, path));
  return {
    path: [...path, key],
    of: "key",
    what: `unknown field${belongs(schema, path, key) ?? meantOr(";", key, fields)} allowed here: ${fields.join(", ")}`,
  };
}

/** `; it belongs in fargate;` of a field that is one of a part beside it, or of what it was written into. */
function belongs(schema: z.core.$ZodType, path: Path, key: string): string | undefined {
  const isFieldOf = (at: Path): boolean => fieldsOf(schemaAt(schema, at)).includes(key);
  const parts = fieldsOf(schemaAt(schema, path)).filter((part) => isFieldOf([...path, part]));
  if (parts.length > 0) return `; it belongs in ${parts.join(" or ")};`;
  const outer = path.findLastIndex((_, depth) => isFieldOf(path.slice(0, depth)));
  return outer < 0 ? undefined : `; it belongs beside ${fieldName([path[outer] ?? ""])}, not in it;`;
}

function sentence(schema: z.core.$ZodType, issue: z.core.$ZodIssue, got: unknown): string {
  if (issue.code === "custom") return issue.message;
  if (issue.code === "invalid_key")
    return `not a fit name; allowed: ${issue.issues.map(({ message }) => message).join(", ")}`;
  const there = schemaAt(schema, issue.path as Path);
  if (there === undefined) return issue.message;
  if (got === undefined) return `missing; needed: ${allowedWords(there)}${exampleOf(there)}`;
  if (issue.code === "too_big" && typeof got === "string")
    return `has ${got.length} characters; at most ${issue.maximum} are allowed`;
  const def = defOf(there);
  const choices = def.type === "enum" ? Object.values(def.entries).map(String) : [];
  const meant = typeof got === "string" ? meantOr(";", got, choices) : ";";
  return `${shown(got)} is not allowed${meant} allowed: ${allowedWords(there)}${quoteHint(there, got)}`;
}

/** `; did you mean port?`, or else `otherwise`. */
export function meantOr(otherwise: string, word: string, words: readonly string[]): string {
  const meant = nearest(word, words);
  return meant === undefined ? otherwise : `; did you mean ${meant}?`;
}

/** YAML makes numbers and truth values of what was meant as a text. */
function quoteHint(wanted: z.core.$ZodType, got: unknown): string {
  const isPlain = typeof got === "number" || typeof got === "boolean";
  if (defOf(wanted).type !== "string" || !isPlain || !z.safeParse(wanted, String(got)).success) return "";
  return `; in quotes it is one: "${String(got)}"`;
}

function exampleOf(schema: z.core.$ZodType | undefined): string {
  const examples = (schema as z.ZodType | undefined)?.meta()?.["examples"] as readonly unknown[] | undefined;
  const [example] = examples ?? [];
  if (example === undefined) return "";
  // A mapping or a list as YAML writes it on one line.
  return `, for example ${typeof example === "object" ? JSON.stringify(example) : shown(example)}`;
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (value === null) return "an empty value";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "a mapping";
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? (at as Record<string | number, unknown>)[key] : undefined),
    value,
  );
}

/** `nodes[0].local.stateDir`, `nodes[0].labels["example.com/a"]` */
export function fieldName(path: Path): string {
  const words = path.map((key) => {
    if (typeof key === "number") return `[${key}]`;
    return /^\w+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  });
  return words.join("").replace(/^\./, "");
}
