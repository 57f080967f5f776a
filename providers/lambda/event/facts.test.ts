import { describe, expect, test } from "vitest";
import { factIn, telling } from "./facts.ts";

const of = { podUid: "u-1", attempt: 2 };
const begun = "burstlet: pod ns/web (uid u-1, attempt 2), invocation i, request r-1";
const ending = (how: string): string =>
  `burstlet: end of pod ns/web (uid u-1, attempt 2), invocation i, request r-1: ${how}`;
const report =
  "REPORT RequestId: r-1\tDuration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: 9 MB\t";
const wrapped = (message: string): string =>
  JSON.stringify({ timestamp: "t", level: "INFO", requestId: "r-1", message });

describe("a line of a function's log", () => {
  test.for<[string, string, object]>([
    ["Lambda's first", "START RequestId: r-1 Version: 3", { is: "start", requestId: "r-1" }],
    ["the handler's first", begun, { is: "begun", requestId: "r-1", of }],
    ["the handler's first in format JSON", wrapped(begun), { is: "begun", requestId: "r-1", of }],
    ["an exit status of 0", ending("exit status 0"), { is: "end", requestId: "r-1", of, error: undefined }],
    [
      "another one, behind what a program has not ended by a line feed",
      `text of it${ending("exit status 7")}\n`,
      { is: "end", requestId: "r-1", of, error: { type: "BurstletExit", text: "exit status 7" } },
    ],
    ["a signal", wrapped(ending("signal: killed")), { error: { type: "BurstletExit", text: "signal: killed" } }],
    [
      "what the handler has thrown",
      ending("TypeError: no command"),
      { error: { type: "TypeError", text: "no command" } },
    ],
    ["what it has thrown without a type", ending("it is broken"), { error: { type: "", text: "it is broken" } }],
    [
      "a timeout",
      "2026-11-26T00:00:00.000Z r-1 Task timed out after 3.00 seconds",
      { is: "failure", requestId: "r-1", error: { type: "Sandbox.Timedout" } },
    ],
    [
      "the end of the process",
      "RequestId: r-1 Error: Runtime exited with error: exit status 3",
      {
        is: "failure",
        requestId: "r-1",
        error: { type: "Runtime.ExitError", text: "Runtime exited with error: exit status 3" },
      },
    ],
    ["Lambda's last", report, { is: "report", requestId: "r-1", report: { billed: 1 } }],
  ])("tells of %s", ([, line, fact]) => {
    expect(factIn(line)).toMatchObject(fact);
    expect(telling.some((text) => line.includes(text))).toBe(true);
  });

  test("of format JSON tells of Lambda's first and last too", () => {
    const metrics = { durationMs: 1, billedDurationMs: 1, memorySizeMB: 128, maxMemoryUsedMB: 9 };
    const record = { requestId: "r-1", metrics, status: "error" };
    expect(factIn(JSON.stringify({ type: "platform.report", record }))).toMatchObject({ report: { status: "error" } });
    expect(factIn(JSON.stringify({ type: "platform.start", record: { requestId: "r-1" } }))).toEqual({
      is: "start",
      requestId: "r-1",
    });
  });

  test.for([
    "any words",
    "{broken",
    "END RequestId: r-1",
    // As an earlier version of the handlers has it: that pod's end is not told.
    "burstlet: pod ns/web (uid u-1, attempt 2), invocation i",
    "burstlet: spawn sh ENOENT",
  ])("tells nothing by %j", (line) => {
    expect(factIn(line)).toBeUndefined();
  });
});
