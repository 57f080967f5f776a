import { joinText, type Text } from "../model/secret-text.ts";

/**
 * Replaces `$(NAME)` as the kubelet does (k8s.io/kubernetes/third_party/forked/golang/expansion): an unknown name
 * and an unclosed `$(` stay as written, `$$` is one `$`, and what was put in is not expanded again.
 */
export function expand(input: string, lookup: (name: string) => Text | undefined): Text {
  const parts: Text[] = [];
  let copied = 0;
  let dollar = input.indexOf("$");
  // Once no `)` follows, none follows later either: without this a text of many `$(` costs quadratic time.
  let closable = true;
  while (dollar !== -1 && dollar + 1 < input.length) {
    const next = input[dollar + 1];
    let after = dollar + 2;
    if (next === "$") {
      parts.push(input.slice(copied, dollar + 1));
      copied = after;
    } else if (next === "(" && closable) {
      const close = input.indexOf(")", after);
      closable = close !== -1;
      if (closable) {
        const value = lookup(input.slice(after, close));
        after = close + 1;
        if (value !== undefined) {
          parts.push(input.slice(copied, dollar), value);
          copied = after;
        }
      }
    }
    dollar = input.indexOf("$", after);
  }
  parts.push(input.slice(copied));
  return joinText(parts.filter((part) => part !== ""));
}
