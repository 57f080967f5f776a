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

/** A variable of a file that a container writes into an emptyDir volume before this one starts (`fileKeyRef`). */
export interface FileKey {
  readonly volume: string;
  /** Within the volume, no `..`. */
  readonly path: string;
  readonly key: string;
  readonly optional: boolean;
}

/** `unset`: what stands there when an optional variable is not in the file. */
export interface FromFile {
  readonly file: FileKey;
  readonly unset?: Text | undefined;
}

type LatePart = string | SecretText | { readonly late: LateName } | FromFile;

/** A text with holes that the task itself fills: `http://` + podIP + `:80`. */
export class Late {
  readonly parts: readonly LatePart[];

  constructor(parts: readonly LatePart[]) {
    this.parts = parts;
  }

  /** The variables of files that this is made of. */
  files(): readonly FromFile[] {
    return this.parts.filter((part): part is FromFile => typeof part === "object" && "file" in part);
  }

  /** With what the files say put in; `undefined`: made of nothing but variables that are not set. */
  withFiles(valueOf: (file: FileKey) => string | undefined): Text | undefined {
    const texts = this.parts.flatMap((part): Text[] => {
      if (typeof part === "string" || part instanceof SecretText) return [part];
      if ("late" in part) return [new Late([part])];
      const found = valueOf(part.file) ?? part.unset;
      return found === undefined ? [] : [found instanceof Late ? (found.withFiles(valueOf) ?? "") : found];
    });
    return texts.length === 0 && this.parts.length > 0 ? undefined : joinText(texts);
  }

  /** The text once the values are known; secret as soon as one part is secret. Files must have been put in. */
  fill(values: Readonly<Record<LateName, string>>): string | SecretText {
    const texts = this.parts.map((part) => {
      if (typeof part === "string") return part;
      if (part instanceof SecretText) return part.reveal();
      if ("late" in part) return values[part.late];
      throw new TypeError(`variable ${part.file.key} of file ${part.file.path} has not been read`);
    });
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
