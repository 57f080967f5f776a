import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTypedInput } from "./input.ts";
import { createMarkedOutput, type MarkedEvent } from "./output.ts";
import { commandLine } from "./quote.ts";

const token = "b0123456789abcdef";
const mark = (word: string): string => `\u001e${token}${word}\u001e`;
const read = (kind: "terminal" | "records", ...pieces: readonly (string | Uint8Array)[]): MarkedEvent[] => {
  const reader = createMarkedOutput(token, kind);
  return pieces.flatMap((piece) => reader.feed(Buffer.from(piece as string)));
};
const bytesOf = (events: readonly MarkedEvent[], stream: "stdout" | "stderr"): Buffer =>
  Buffer.concat(events.flatMap((event) => (event.is === stream && "bytes" in event ? [event.bytes] : [])));

describe("a command line", () => {
  test.for([
    [["ls", "-l", "/a.b"], "ls -l /a.b"],
    [["", "a b", "it's", "$HOME", "a\nb", "#x", "~"], `'' 'a b' 'it'\\''s' '$HOME' 'a\nb' '#x' '~'`],
  ] as const)("%j", ([argv, line]) => {
    expect(commandLine(argv)).toBe(line);
  });
});

describe("marked output", () => {
  test.for<[string, "terminal" | "records", string, unknown[]]>([
    ["nothing before the mark is output", "terminal", "$ echo\r\nnoise", []],
    [
      "a terminal's output is as it is",
      "terminal",
      `x${mark("r")}\u001ehi\r\n${mark("7")}late`,
      [
        { is: "ready", outputs: "marked" },
        { is: "stdout", bytes: Buffer.from("\u001e") },
        { is: "stdout", bytes: Buffer.from("hi\r\n") },
        { is: "exit", code: 7 },
      ],
    ],
    [
      "records tell both outputs apart",
      "records",
      `${mark("r")}:aGk=\r\n;bm8=\r\n${mark("255")}`,
      [
        { is: "ready", outputs: "marked" },
        { is: "stdout", bytes: Buffer.from("hi") },
        { is: "stderr", bytes: Buffer.from("no") },
        { is: "exit", code: 255 },
      ],
    ],
    ["a missing program is named", "records", mark("mbase64"), [{ is: "missing", program: "base64" }]],
    [
      "what comes as it is has no further marks",
      "records",
      `${mark("w")}:aGk=${mark("3")}`,
      [
        { is: "ready", outputs: "plain" },
        { is: "stdout", bytes: Buffer.from(`:aGk=${mark("3")}`) },
      ],
    ],
    [
      "what is paired has none either",
      "records",
      `${mark("p")}${mark("3")}`,
      [
        { is: "ready", outputs: "paired" },
        { is: "stdout", bytes: Buffer.from(mark("3")) },
      ],
    ],
    [
      "a mark of another session is output",
      "terminal",
      `${mark("r")}${mark("0").replace("b0", "b1")}.`,
      [
        { is: "ready", outputs: "marked" },
        { is: "stdout", bytes: Buffer.from(`${mark("0").replace("b0", "b1")}.`) },
      ],
    ],
  ])("%s", ([, kind, text, events]) => {
    const merged = read(kind, text).reduce<MarkedEvent[]>((all, event) => {
      const last = all.at(-1);
      if (event.is !== "stdout" || last?.is !== "stdout") return [...all, event];
      return [...all.slice(0, -1), { is: "stdout", bytes: Buffer.concat([last.bytes, event.bytes]) }];
    }, []);
    const wanted = (events as MarkedEvent[]).reduce<MarkedEvent[]>((all, event) => {
      const last = all.at(-1);
      if (event.is !== "stdout" || last?.is !== "stdout") return [...all, event];
      return [...all.slice(0, -1), { is: "stdout", bytes: Buffer.concat([last.bytes, event.bytes]) }];
    }, []);
    expect(merged).toEqual(wanted);
  });

  test("keeps the end of what came before, for who has to say what went wrong", () => {
    const reader = createMarkedOutput(token, "terminal");
    reader.feed(Buffer.from("sh: not found\r\n"));
    expect(reader.before).toBe("sh: not found");
  });

  const chunk = fc.record({
    stream: fc.constantFrom(":" as const, ";" as const),
    bytes: fc.uint8Array({ minLength: 1 }),
  });
  test("is the same however it is cut", () => {
    fc.assert(
      fc.property(fc.array(chunk), fc.nat(255), fc.array(fc.nat(40)), (chunks, code, cuts) => {
        const records = chunks.map(({ stream, bytes }) => `${stream}${Buffer.from(bytes).toString("base64")}\n`);
        let left = `noise${mark("r")}${records.join("")}${mark(String(code))}`;
        const pieces: string[] = [];
        for (const cut of [...cuts, left.length]) {
          pieces.push(left.slice(0, cut));
          left = left.slice(cut);
        }
        const events = read("records", ...pieces, left);
        const of = (stream: string) =>
          Buffer.concat(chunks.flatMap((one) => (one.stream === stream ? [one.bytes] : [])));
        expect(bytesOf(events, "stdout").equals(of(":"))).toBe(true);
        expect(bytesOf(events, "stderr").equals(of(";"))).toBe(true);
        expect(events.at(-1)).toEqual({ is: "exit", code });
      }),
    );
  });

  test("of a terminal is the same however it is cut, whatever bytes it has", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.array(fc.nat(20)), (bytes, cuts) => {
        const whole = Buffer.concat([Buffer.from(mark("r")), bytes, Buffer.from(mark("0"))]);
        const pieces: Buffer[] = [];
        let at = 0;
        for (const cut of [...cuts, whole.length]) pieces.push(whole.subarray(at, (at += cut)));
        expect(bytesOf(read("terminal", ...pieces), "stdout").equals(Buffer.from(bytes))).toBe(true);
      }),
    );
  });
});

describe("typed input", () => {
  /** What Linux' terminal in line mode makes of it: reads, of which an empty one is the end. */
  function asRead(typed: Buffer): Buffer[] {
    const reads: Buffer[] = [];
    let line: number[] = [];
    for (let at = 0; at < typed.length; at++) {
      let byte = typed[at] ?? 0;
      if (byte === 4) {
        reads.push(Buffer.from(line));
        line = [];
        continue;
      }
      if (byte === 22) byte = typed[++at] ?? 0;
      line.push(byte);
      if (line.length > 4_095) throw new Error("the line is too long");
      if (byte !== 10) continue;
      reads.push(Buffer.from(line));
      line = [];
    }
    if (line.length > 0) throw new Error("something waits to be read");
    return reads;
  }

  test("can be read whole at once, and only its end is one", () => {
    const piece = fc.oneof(fc.uint8Array({ maxLength: 3_000 }), fc.array(fc.constantFrom(4, 10, 22), { maxLength: 9 }));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const typed = createTypedInput();
        const whole = pieces.map((bytes) => typed.type(Uint8Array.from(bytes)));
        const reads = asRead(Buffer.concat(whole));
        expect(reads.every((one) => one.length > 0)).toBe(true);
        expect(Buffer.concat(reads).equals(Buffer.concat(pieces.map((one) => Uint8Array.from(one))))).toBe(true);
        expect(asRead(Buffer.concat([...whole, typed.end])).at(-1)?.length).toBe(0);
      }),
    );
  });
});
