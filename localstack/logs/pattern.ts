import { notSimulated } from "../server/service.ts";
import type { LogEvent } from "./store.ts";

/**
 * Which events a filter pattern finds: those with every term in them, each a word or a text in quotes, large and small
 * letters as written; of a pattern whose every term has a question mark, those with any of them. Other forms (`?term` beside
 * others, `-term`, `%regex%`, `[…]`, `{…}`) are not simulated.
 */
export function matcherOf(pattern: string | undefined): (event: LogEvent) => boolean {
  const terms = [...(pattern ?? "").matchAll(/(\??)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(
    ([, mark, quoted, word = ""]) => {
      const isOne = mark === "?";
      if (quoted !== undefined) return { isOne, text: quoted.replaceAll(/\\(.)/g, "$1") };
      if (!/^[\w]+$/.test(word)) throw notSimulated(`the filter pattern ${pattern}`);
      return { isOne, text: word };
    },
  );
  const ones = terms.filter(({ isOne }) => isOne).length;
  if (ones > 0 && ones < terms.length) throw notSimulated(`the filter pattern ${pattern}`);
  if (ones > 0) return ({ message }) => terms.some(({ text }) => message.includes(text));
  return ({ message }) => terms.every(({ text }) => message.includes(text));
}
