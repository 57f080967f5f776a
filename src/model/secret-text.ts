import { inspect } from "node:util";

/** A text that must not be seen: prints as `[secret]` wherever it is printed. Only a provider's client may `reveal()` it. */
export class SecretText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Call it in a provider's client, at the moment it goes to the cloud. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}

/** What only the running task knows, because the cloud decides it. */
export type LateName = "podIP" | "podIPs" | "hostIP" | "hostIPs";

/** A text with holes that the task itself fills: `http://` + podIP + `:80`. */
export class Late {
  readonly parts: readonly (string | SecretText | { readonly late: LateName })[];

  constructor(parts: readonly (string | SecretText | { readonly late: LateName })[]) {
    this.parts = parts;
  }

  /** The text once the values are known; secret as soon as one part is secret. */
  fill(values: Readonly<Record<LateName, string>>): string | SecretText {
    const texts = this.parts.map((part) =>
      typeof part === "string" ? part : part instanceof SecretText ? part.reveal() : values[part.late],
    );
    const text = texts.join("");
    return this.parts.some((part) => part instanceof SecretText) ? new SecretText(text) : text;
  }
}

/** A resolved value: plain, secret, or known only to the running task. */
export type Text = string | SecretText | Late;

/** Concatenates values; the result is as secret and as late as its most secret and latest part. */
export function joinText(values: readonly Text[]): Text {
  const parts = values.flatMap((value) => (value instanceof Late ? value.parts : [value]));
  if (parts.some((part) => typeof part === "object" && !(part instanceof SecretText))) return new Late(parts);
  const text = parts.map((part) => (part instanceof SecretText ? part.reveal() : (part as string))).join("");
  return parts.some((part) => part instanceof SecretText) ? new SecretText(text) : text;
}

/** Feeds a keyed hash, by which a text can be known again without being kept. */
export function feedHash(hash: { update(text: string): unknown }, value: Text): void {
  const parts = value instanceof Late ? value.parts : [value];
  for (const part of parts) {
    const text = part instanceof SecretText ? part.reveal() : JSON.stringify(part);
    hash.update(`${part instanceof SecretText ? "secret" : typeof part}:${text.length}:${text}`);
  }
}

/** Characters that are known already; what only the running task knows counts as none. */
export function lengthOf(value: Text): number {
  if (typeof value === "string") return value.length;
  if (value instanceof SecretText) return value.reveal().length;
  const known = value.parts.filter((part) => typeof part === "string" || part instanceof SecretText);
  return known.reduce((sum, part) => sum + lengthOf(part), 0);
}
