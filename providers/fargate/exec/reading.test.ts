import { describe, expect, test } from "vitest";
import { payloadTypes } from "../../aws/ssm-session/message.ts";
import type { MarkedEvent } from "../../shell/output.ts";
import { createMuxReader, muxData, muxEnd, muxOpen } from "./mux.ts";
import { createReading, type ReadingKind } from "./reading.ts";
import { isAway } from "./start.ts";
import { waysFor } from "./ways.ts";
import { ProviderError } from "../../../src/provider.ts";

const token = "b0123456789abcdef";
const mark = (word: string): string => `\u001e${token}${word}\u001e`;
const noPty = "\n----------ERROR-------\nUnable to start command: Failed to start pty: ";
const { output, stderr, exitCode } = payloadTypes;

type Said = readonly (readonly [type: number, text: string])[];

const inWords = (event: MarkedEvent): string =>
  event.is === "stdout" || event.is === "stderr" ? `${event.is} ${event.bytes.toString()}` : event.is;

describe("output in two streams", () => {
  const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

  test.for([
    ["with its code", "\xbf\n\n\n\n", 0, { is: "code", code: 0 }],
    ["cut off, of a command that was ended", "", 137, { is: "code", code: 137 }],
    [
      "cut off, though the command has ended well",
      "",
      0,
      { is: "trouble", sentence: "the command's output has not come to its end" },
    ],
  ] as const)("%s", ([, rest, code, end]) => {
    const reading = createReading("pipes", token);
    const events = [
      ...reading.take(stderr, bytes("?;b")),
      ...reading.take(output, bytes(`${mark("p")}\xef\xbe\xbd, \xbe`)),
      ...reading.take(stderr, bytes("!m8=\n")),
      ...reading.take(output, bytes(rest)),
      ...reading.take(exitCode, bytes(`EXIT_CODE: ${code}`)),
    ];
    const of = (stream: "stdout" | "stderr") =>
      Buffer.concat(events.flatMap((one) => (one.is === stream ? [one.bytes] : [])));
    expect([of("stdout").toString("latin1"), of("stderr").toString()]).toEqual(["\xef\xbf\xbd, \xbe", "no"]);
    expect(reading.end("")).toEqual(end);
  });
});

describe("a session tells", () => {
  test.for<[what: string, kind: ReadingKind, said: Said, last: string, events: string[], end: object]>([
    [
      "both outputs and the code of a command on pipes",
      "pipes",
      [
        [stderr, ";bm8=\n"],
        [output, `${mark("r")}:aGk=\n`],
        [exitCode, "EXIT_CODE: 3"],
      ],
      "",
      ["stdout hi", "ready", "stderr no"],
      { is: "code", code: 3 },
    ],
    [
      "what has no programs for records as it is",
      "pipes",
      [
        [output, `${mark("w")}hi`],
        [stderr, "no"],
        [exitCode, "EXIT_CODE: 0"],
      ],
      "",
      ["ready", "stdout hi", "stderr no"],
      { is: "code", code: 0 },
    ],
    [
      "that there is no shell, on pipes",
      "pipes",
      [
        [exitCode, "EXIT_CODE: 1"],
        [stderr, 'Error occurred starting the command: exec: "sh": executable file not found in $PATH\n'],
      ],
      "",
      [],
      { is: "no shell" },
    ],
    [
      "that there is no shell, on a terminal",
      "records",
      [],
      `${noPty}exec: "sh": executable file not found in $PATH`,
      [],
      { is: "no shell" },
    ],
    [
      "that a command without a shell is not there",
      "plain",
      [
        [exitCode, "EXIT_CODE: 1"],
        [stderr, 'Error occurred starting the command: exec: "x": executable file not found in $PATH\n'],
      ],
      "",
      [],
      { is: "trouble", sentence: 'exec: "x": executable file not found in $PATH' },
    ],
    [
      "no code for a command that a signal has ended",
      "plain",
      [
        [output, "hi"],
        [exitCode, "EXIT_CODE: -1"],
      ],
      "",
      ["stdout hi"],
      { is: "trouble", sentence: "a signal has ended the command, and the agent does not tell which" },
    ],
    [
      "no code where none came, and never 0",
      "terminal",
      [[output, `${mark("r")}hi`]],
      "",
      ["ready", "stdout hi"],
      {
        is: "trouble",
        sentence: "the session has ended without the command's exit code",
      },
    ],
    [
      "the agent's own words, without their frame",
      "terminal",
      [],
      "\n----------ERROR-------\nthe disk\nis full",
      [],
      {
        is: "trouble",
        sentence: "the disk; is full",
      },
    ],
    [
      "a terminal's output and code",
      "terminal",
      [[output, `${mark("r")}hi${mark("7")}`]],
      "",
      ["ready", "stdout hi", "exit"],
      {
        is: "code",
        code: 7,
      },
    ],
  ])("%s", ([, kind, said, last, events, end]) => {
    const reading = createReading(kind, token);
    const told = said.flatMap(([type, text]) => reading.take(type, Buffer.from(text)));
    expect(told.map(inWords).toSorted()).toEqual(events.toSorted());
    expect(reading.end(last)).toEqual(end);
  });
});

describe("the ways of a command", () => {
  test.for([
    [{ tty: true, stdin: true }, true, ["terminal terminal shell", "terminal plain"]],
    [{ tty: false, stdin: true }, true, ["terminal records shell"]],
    [{ tty: false, stdin: false }, true, ["pipes pipes shell", "pipes plain", "terminal records shell"]],
    [{ tty: false, stdin: false }, false, ["terminal records shell"]],
  ] as const)("%j, with two outputs possible: %s", ([how, pipes, ways]) => {
    const found = waysFor({ argv: ["echo", "it's"], ...how }, token, pipes);
    expect(found.map(({ by, reading, shell }) => [by, reading, ...(shell ? ["shell"] : [])].join(" "))).toEqual(ways);
    for (const { line, shell } of found) expect(line).toContain(shell ? "sh -c " : "echo 'it'\\''s'");
  });
});

test.for([
  ["TargetNotConnectedException", "The execute command failed due to an internal error. Try again later.", true],
  ["TargetNotConnected", "ecs:a_b_c is not connected.", true],
  [
    "InvalidParameterException",
    "The execute command failed because execute command was not enabled when the task was run",
    true,
  ],
  ["InvalidParameterException", "The container cannot be found.", false],
] as const)("an agent that is away is known by %s: %s", ([reason, message, away]) => {
  expect(isAway(new ProviderError("invalid", reason, message))).toBe(away);
});

test("a stream within a session is read in whatever pieces it comes", () => {
  const bytes = Buffer.concat([muxOpen, muxData(Buffer.alloc(40_000, "x")), muxEnd]);
  for (const size of [1, 7, 1_024, bytes.length]) {
    const read = createMuxReader();
    const events = [];
    for (let at = 0; at < bytes.length; at += size) events.push(...(read(bytes.subarray(at, at + size)) ?? []));
    expect(events.at(-1)).toEqual({ is: "end" });
    expect(events.reduce((sum, one) => sum + (one.is === "data" ? one.bytes.length : 0), 0)).toBe(40_000);
  }
  expect(createMuxReader()(Buffer.alloc(8, 9))).toBeUndefined();
});
