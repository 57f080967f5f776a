import { inspect } from "node:util";

const secret = "[secret]";

/** Field names whose value is never printed, whatever it holds. Compared without case, `-` and `_`. */
const secretKeys = new Set([
  "accesskey",
  "accesstoken",
  "authorization",
  "bearer",
  "clientsecret",
  "cookie",
  "credential",
  "credentials",
  "dockerconfigjson",
  "idtoken",
  "password",
  "passwd",
  "privatekey",
  "refreshtoken",
  "secret",
  "secretaccesskey",
  "secretkey",
  "sessiontoken",
  "setcookie",
  "stringdata",
  "token",
]);

/** Credentials inside running text: an Authorization header, a JSON Web Token, a PEM private key. */
const secretTexts: readonly [RegExp, string][] = [
  [/\b(bearer|authorization: *basic)\s+[\w.~+/-]{16,}=*/gi, `$1 ${secret}`],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, secret],
  [/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|$)/g, secret],
];

/** Deeper values are printed as `[…]`: a log line is no dump. */
const deepest = 6;

/**
 * A value as a log line may show it: plain JSON, secrets replaced, errors as their text (causes included),
 * buffers as their length, cycles cut. Total: it never throws, whatever is logged.
 */
export function redacted(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case "string":
      return redactedText(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
    case "symbol":
      return String(value);
    case "function":
      return undefined;
    case "boolean":
    case "undefined":
      return value;
    case "object":
      return value === null ? null : redactedObject(value, depth);
  }
}

/** The text without the credentials that are recognisable in it. */
function redactedText(text: string): string {
  return secretTexts.reduce((shown, [pattern, by]) => shown.replace(pattern, by), text);
}

/** `outer: inner: innermost`, as Go prints wrapped errors. */
export function errorText(error: unknown): string {
  const texts: string[] = [];
  for (let at = error; at !== undefined && at !== null && texts.length < deepest; at = causeOf(at)) {
    const text = at instanceof Error ? at.message || at.name : typeof at === "string" ? at : inspect(at, { depth: 1 });
    // Wrappers often repeat the message of what they wrap.
    if (!texts.some((said) => said.includes(text))) texts.push(text);
  }
  return redactedText(texts.join(": "));
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function redactedObject(value: object, depth: number): unknown {
  if (value instanceof Error) return errorText(value);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= deepest) return "[…]";
  // SecretText and dates say by themselves how they print.
  if ("toJSON" in value && typeof value.toJSON === "function") return redacted(jsonOf(value), depth + 1);
  if (value instanceof Map) return redacted(Object.fromEntries(value), depth);
  if (value instanceof Set) return redacted([...value], depth);
  if (Array.isArray(value)) return value.map((item) => redacted(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, isSecretKey(key) ? shown(field) : redacted(field, depth + 1)]),
  );
}

function jsonOf(value: object): unknown {
  try {
    return (value as { toJSON(): unknown }).toJSON();
  } catch {
    return "[unprintable]";
  }
}

function isSecretKey(key: string): boolean {
  return secretKeys.has(key.toLowerCase().replaceAll(/[-_.]/g, ""));
}

/** That a secret is missing may be seen, and is often what one looks for. */
function shown(field: unknown): unknown {
  return field === undefined || field === null || field === "" ? field : secret;
}
