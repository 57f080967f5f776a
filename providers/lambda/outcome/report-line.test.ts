import { expect, test } from "vitest";
import { reportIn } from "./report-line.ts";

const line = (id: string, billed: number): string =>
  `REPORT RequestId: ${id}\tDuration: 102.25 ms\tBilled Duration: ${billed} ms\tMemory Size: 128 MB\tMax Memory Used: 74 MB\tInit Duration: 200.10 ms\t\n`;
const told = (requestId: string, billed: number) => ({
  requestId,
  duration: 102.25,
  billed,
  memorySize: 128,
  maxMemory: 74,
});

test("the report is the last one, whatever the program has written around it", () => {
  expect(reportIn(`REPORT of my own\n${line("a", 1)}noise\nEND RequestId: b\n${line("b", 103)}`)).toEqual(
    told("b", 103),
  );
});

test("a record of format JSON is a report too", () => {
  const metrics = { durationMs: 102.25, billedDurationMs: 103, memorySizeMB: 128, maxMemoryUsedMB: 74 };
  const record = JSON.stringify({ time: "t", type: "platform.report", record: { requestId: "b", metrics } });
  expect(reportIn(`{"level":"INFO"}\n${record}\n`)).toEqual(told("b", 103));
});

test("it says how the invocation ended, where Lambda has written that", () => {
  const failed = line("a", 1).replace(/\n$/, "Status: error\tError Type: Runtime.ExitError\n");
  expect(reportIn(failed)).toMatchObject({ status: "error", errorType: "Runtime.ExitError" });
  expect(reportIn(`${line("a", 1)}Status: error`)?.status).toBeUndefined();
  const metrics = { durationMs: 1, billedDurationMs: 1, memorySizeMB: 1, maxMemoryUsedMB: 1 };
  const record = { requestId: "b", metrics, status: "timeout" };
  expect(reportIn(JSON.stringify({ type: "platform.report", record }))?.status).toBe("timeout");
});

test.for([
  "",
  "nothing of it",
  "REPORT RequestId: a\tDuration: x ms",
  "platform.report",
  '{"type":"platform.report","record":{"requestId":"a","metrics":{}}}',
  '{"type":"platform.report"}',
  '"platform.report"',
])("there is none in %j", (text) => {
  expect(reportIn(text)).toBeUndefined();
});
