import { joinText, lengthOf, type Text } from "../secret-text.ts";

/**
 * Linux starts no program whose arguments and environment are longer together (3/4 of _STK_LIM, fs/exec.c). References
 * that double a text forty times would otherwise fill our own memory.
 */
export const mostCharacters = 6 * 1024 * 1024;

/**
 * Replaces `$(NAME)` as the kubelet does (k8s.io/kubernetes/third_party/forked/golang/expansion): an unknown name
 * and an unclosed `$(` stay as written, `$$` is one `$`, and what was put in is not expanded again. `undefined`: the
 * result is longer than `limit` characters.
 */
export function expand(input: string, lookup: (name: string) => Text | undefined, limit: number): Text | undefined {
  const parts: Text[] = [];
  let length = 0;
  for (const part of partsOf(input, lookup)) {
    length += lengthOf(part);
    if (length > limit) return undefined;
    if (part !== "") parts.push(part);
  }
  return joinText(parts);
}

function* partsOf(input: string, lookup: (name: string) => Text | undefined): Generator<Text> {
  let copied = 0;
  let dollar = input.indexOf("$");
  // Once no `)` follows, none follows later either: without this a text of many `$(` costs quadratic time.
  let closable = true;
  while (dollar !== -1 && dollar + 1 < input.length) {
    const next = input[dollar + 1];
    let after = dollar + 2;
    if (next === "$") {
      yield input.slice(copied, dollar + 1);
      copied = after;
    } else if (next === "(" && closable) {
      const close = input.indexOf(")", after);
      closable = close !== -1;
      const value = closable ? lookup(input.slice(after, close)) : undefined;
      if (closable) after = close + 1;
      if (value !== undefined) {
        yield input.slice(copied, dollar);
        yield value;
        copied = after;
      }
    }
    dollar = input.indexOf("$", after);
  }
  yield input.slice(copied);
}
