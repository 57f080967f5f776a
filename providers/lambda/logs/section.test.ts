import { describe, expect, test } from "vitest";
import type { TaskIdentity } from "../../../src/provider.ts";
import { createSection } from "./section.ts";
import { markOf, traceOf } from "./trace.ts";

const stream = [
  "the end of somebody else",
  "REPORT RequestId: 1\tDuration: 1 ms",
  "START RequestId: 2 Version: 1",
  "first",
  "REPORT RequestId: 9 as somebody writes it",
  "mine: xyz",
  "last",
  "END RequestId: 2",
  "REPORT RequestId: 2\tDuration: 1 ms",
  "START RequestId: 3 Version: 1",
  "mine: xyz once more",
];
const cut = (text: string, lines: readonly string[] = stream, isMany = false): string[] => {
  const section = createSection([text], isMany);
  return lines.flatMap((message) => section.add({ message })).map(({ message }) => message);
};

describe("the lines of one invocation", () => {
  test("are those from START to REPORT, found by its id", () => {
    const plain = stream.filter((line) => !line.includes("somebody writes"));
    expect(cut("RequestId: 2", plain)).toEqual(plain.slice(2, 8));
  });

  test("are found by what the function has written too, with what came before it", () => {
    const plain = stream.filter((line) => !line.includes("somebody writes"));
    expect(cut("xyz", plain)).toEqual(plain.slice(2, 8));
  });

  test("end with the next START where no REPORT came", () => {
    expect(cut("first", ["START RequestId: 2 V", "first", "START RequestId: 3 V", "first"])).toHaveLength(2);
  });

  test("are those of every run of an event, of one id and in one environment, and of nobody else", () => {
    const run = (id: string, words: string): string[] => [
      `START RequestId: ${id} V`,
      words,
      `REPORT RequestId: ${id} x`,
    ];
    const lines = [...run("1", "a"), ...run("2", "first"), ...run("3", "b"), ...run("2", "second"), ...run("4", "c")];
    expect(cut("RequestId: 2", lines, true)).toEqual([...run("2", "first"), ...run("2", "second")]);
    expect(cut("RequestId: 2", lines)).toEqual(run("2", "first"));
    const section = createSection(["first", "4"], true);
    expect(lines.flatMap((message) => section.add({ message }))).toHaveLength(6);
    expect(section.isOver).toBe(false);
  });

  test("are found in logs of format JSON", () => {
    const line = (type: string, requestId: string): string =>
      JSON.stringify({ time: "2026-01-01T00:00:00Z", type, record: { requestId } });
    const lines = [
      line("platform.start", "1"),
      line("platform.report", "1"),
      line("platform.start", "2"),
      '{"message":"it says platform.report"}',
      line("platform.report", "2"),
      line("platform.start", "3"),
    ];
    expect(cut('"requestId":"2"', lines)).toEqual(lines.slice(2, 5));
  });
});

describe("where the log of an attempt is", () => {
  const identity: TaskIdentity = { clusterUid: "c", podUid: "u", attempt: 2 };
  const request = "0a1b2c3d-0000-4000-8000-0123456789ab";
  const arn = "arn:aws:lambda:eu-central-1:123456789012:function:f";

  test.for<[id: string, name: string, version: string | undefined, texts: string[], isMany: boolean]>([
    [`f:7/${request}`, "f", "7", [request], false],
    [`f:$LATEST/${request}`, "f", undefined, [request], false],
    ["f:7", "f", "7", [markOf(identity)], false],
    [`${arn}:7/${request}`, arn, "7", [request], false],
    [`f:7/event/${request}`, "f", "7", [request, markOf(identity)], true],
    [`${arn}:7/durable-execution/u-2-x/y`, arn, "7", [markOf(identity)], true],
  ])("%s", ([id, name, qualifier, texts, isMany]) => {
    expect(traceOf({ identity, id }, undefined, { finishedAt: 5 })).toMatchObject({
      function: { name, qualifier },
      texts,
      isMany,
      finishedAt: 5,
      hasEnded: true,
    });
  });

  test("is not known where nothing names the function, or where an id would find what others have", () => {
    for (const id of [undefined, "f:7/START", "f:7/event/RequestId", `f:7/${request} `])
      expect(traceOf({ identity, id }, undefined, undefined)).toBeUndefined();
  });
});
