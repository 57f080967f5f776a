import { describe, expect, test } from "vitest";
import { type Answer, endOf } from "./ended.ts";

const answered = (payload: unknown, more: Partial<Answer> = {}): Answer => ({
  requestId: "r",
  functionError: "Unhandled",
  payload: typeof payload === "string" ? payload : JSON.stringify(payload),
  tail: "",
  ...more,
});
const thrown = (errorType: string, errorMessage: string, tail = "") =>
  endOf(answered({ errorType, errorMessage }, { tail }));
const memory = (used: number): string =>
  `REPORT RequestId: r\tDuration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: ${used} MB\t`;

test("what returns has completed, whatever it returns", () => {
  for (const payload of ["null", '{"errorType":"A","errorMessage":"b"}', "no JSON", ""])
    expect(endOf(answered(payload, { functionError: undefined }))).toEqual({ exitCode: 0, reason: "Completed" });
});

describe("what fails", () => {
  test.for<[type: string, text: string, exitCode: number, reason: string]>([
    ["KeyError", "'size'", 1, "Error"],
    ["Runtime.ExitError", "RequestId: r Error: Runtime exited with error: exit status 7", 7, "Error"],
    ["Runtime.ExitError", "RequestId: r Error: Runtime exited with error: exit status 129", 129, "Error"],
    ["Runtime.ExitError", "RequestId: r Error: Runtime exited without providing a reason", 1, "Error"],
    ["Runtime.ExitError", "RequestId: r Error: Runtime exited with error: exit status 0", 1, "Error"],
    ["Runtime.ExitError", "RequestId: r Error: Runtime exited with error: signal: segmentation fault", 139, "Error"],
    ["BurstletExit", "exit status 3", 3, "Error"],
    ["BurstletExit", "signal: terminated", 143, "Error"],
    ["Sandbox.Timedout", "RequestId: r Error: Task timed out after 3.00 seconds", 124, "LambdaTimeout"],
    ["", "2026-11-26T00:00:00Z r Task timed out after 3.00 seconds", 124, "LambdaTimeout"],
    ["Runtime.OutOfMemory", "RequestId: r Error: Runtime exited", 137, "OOMKilled"],
    // Only who tells of the process itself is believed.
    ["ValueError", "tool said: exit status 0", 1, "Error"],
    ["ValueError", "signal: killed", 1, "Error"],
  ])("%s, %s → %i %s", ([type, text, exitCode, reason]) => {
    const message = type === "" ? text : `${type}: ${text}`;
    expect(thrown(type, text)).toMatchObject({ exitCode, reason, message });
  });

  test("by SIGKILL was out of memory where its memory was full, and only there", () => {
    const text = "RequestId: r Error: Runtime exited with error: signal: killed";
    expect(thrown("Runtime.ExitError", text, memory(128))).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
    expect(thrown("Runtime.ExitError", text, memory(60))).toMatchObject({ exitCode: 137, signal: 9, reason: "Error" });
    expect(thrown("Runtime.ExitError", text)).toMatchObject({ exitCode: 137, reason: "Error" });
  });

  test("by the exit status that a shell has for a program that was killed was out of memory too, where its memory was full", () => {
    const ended = (status: string, used: number) => thrown("BurstletExit", status, memory(used));
    expect(ended("exit status 137", 128)).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
    expect(ended("exit status 137", 60)).toMatchObject({ exitCode: 137, reason: "Error" });
    expect(ended("exit status 1", 128)).toMatchObject({ exitCode: 1, reason: "Error" });
  });

  test("without JSON, as the runtime interface emulator has it, is read as text", () => {
    expect(endOf(answered("Task timed out after 3.00 seconds"))).toMatchObject({ exitCode: 124 });
    expect(endOf(answered("boom"))).toEqual({ exitCode: 1, reason: "Error", message: "boom" });
    for (const odd of ["null", "[]", '"x"', '{"errorType":3}', ""]) expect(endOf(answered(odd)).exitCode).toBe(1);
  });

  test("with a long story is told by its beginning", () => {
    expect(thrown("E", "x".repeat(10_000)).message).toHaveLength(4_096);
  });
});
