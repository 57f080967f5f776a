import { describe, expect, test } from "vitest";
import { createAgentText } from "./agent/text.ts";
import { fromBytes, toBytes } from "./frames.ts";
import { splitWords } from "./words.ts";

test.for([
  ["ls -l  /tmp", ["ls", "-l", "/tmp"]],
  [`sh -c 'a "b" $c' ''`, ["sh", "-c", 'a "b" $c', ""]],
  [`"a \\" b" c\\ d 'it'\\''s'`, ['a " b', "c d", "it's"]],
] as const)("the agent takes words apart without a shell: %s", ([line, words]) => {
  expect(splitWords(line)).toEqual(words);
});

test("a quote without its end is an error", () => {
  expect(() => splitWords("echo 'a")).toThrow("closing quote");
});

describe("output on its way through the agent", () => {
  test.for([
    ["text is as it was", ["é€😀"], "é€😀"],
    ["a character in two pieces is whole", [Buffer.from("é").subarray(0, 1), Buffer.from("é").subarray(1)], "é"],
    ["U+FFFD is broken", ["a\u{fffd}b"], Buffer.from([0x61, 0xef, 0x62])],
    ["what is not UTF-8 is as it was", [Buffer.from([0xff, 0x80]), "abcd"], Buffer.from("\xff\x80abcd", "latin1")],
    ["U+FFFD at the end waits", ["a\u{fffd}", "b"], Buffer.from([0x61, 0xef, 0x62])],
    ["an unfinished character at the end is lost", ["a", Buffer.from([0xe2, 0x82])], "a"],
    ["a byte that is no character waits, and what is behind it", ["a", Buffer.from([0x80, 0x41, 0x42])], "a"],
    ["it comes with what follows", [Buffer.from([0x80]), "abc"], Buffer.from([0x80, 0x61, 0x62, 0x63])],
    ["surrogates are no characters", [Buffer.from([0x61, 0xed, 0xa0, 0x80])], "a"],
    ["overlong forms are none", [Buffer.from([0x61, 0xe0, 0x9f, 0xbf])], "a"],
    ["bytes of a character before do not count", [Buffer.from("€€a")], "€€a"],
  ] as const)("%s", ([, pieces, out]) => {
    const asText = createAgentText();
    const got = Buffer.concat(pieces.map((piece) => asText(Buffer.from(piece as string))));
    expect(got.equals(Buffer.from(out as string))).toBe(true);
  });
});

test("a message that is wrong is refused with what is wrong", () => {
  const bytes = toBytes("input_stream_data", 5, 1, Buffer.from("hi"), 1_700_000_000_000);
  expect(fromBytes(bytes)).toMatchObject({ kind: "input_stream_data", number: 5, content: 1, body: Buffer.from("hi") });
  for (const [at, words] of [
    [0, "header"],
    [36, "schema"],
    [90, "digest"],
    [116, "length"],
    [121, "digest"],
  ] as const) {
    const wrong = Buffer.from(bytes);
    wrong[at] = (wrong[at] ?? 0) ^ 0xff;
    expect(() => fromBytes(wrong)).toThrow(words);
  }
  expect(() => fromBytes(bytes.subarray(0, 50))).toThrow("too short");
});
