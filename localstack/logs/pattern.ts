import { notSimulated } from "../server/service.ts";
import type { LogEvent } from "./store.ts";

/**
 * Which events a filter pattern finds: those with every term in them, each a word or a text in quotes, large and small
 * letters as written. Other forms (`?term`, `-term`, `%regex%`, `[…]`, `{…}`) are not simulated.
 */
export function matcherOf(pattern: string | undefined): (event: LogEvent) => boolean {
  const terms = [...(pattern ?? "").matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, word = ""]) => {
    if (quoted !== undefined) return quoted.replaceAll(/\\(.)/g, "$1");
    if (!/^[\w]+$/.test(word)) throw notSimulated(`the filter pattern ${pattern}`);
    return word;
  });
  return ({ message }) => terms.every((term) => message.includes(term));
}
