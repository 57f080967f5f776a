import { expect, it } from "vitest";
import { targetLine } from "../report.ts";
import type { StreamComparison, Transfer } from "./compare.ts";
import { streamTable, streamTargets, transferLine } from "./report.ts";

const loop = { p50: 1, p99: 7, max: 30 };

function transfer(
  side: Transfer["side"],
  kind: Transfer["kind"],
  dialect: Transfer["dialect"],
  speed: number,
): Transfer {
  return { side, kind, dialect, speed, ...(side === "burstlet" && { loop: { ...loop, p99: speed / 10 } }) };
}

const both = (kind: Transfer["kind"], dialect: Transfer["dialect"], ours: number[], theirs: number[]): Transfer[] => [
  ...ours.map((speed) => transfer("burstlet", kind, dialect, speed)),
  ...theirs.map((speed) => transfer("cri-streaming", kind, dialect, speed)),
];

const comparison: StreamComparison = {
  megabytes: 200,
  transfers: [
    ...both("exec", "websocket", [100, 300, 200], [100]),
    ...both("exec", "spdy", [50], [200]),
    ...both("port-forward", "websocket", [90], [100]),
    ...both("port-forward", "spdy", [600], [100]),
  ],
  logs: [{ firstByte: 12, end: 500, bytes: 50 * 2 ** 20, growth: 3 * 2 ** 20, loop }],
  memory: { before: 150 * 2 ** 20, peak: 180 * 2 ** 20 },
};

it("compares medians, and takes the event loop at its worst kind of transfer", () => {
  expect(streamTargets(comparison).map(targetLine)).toEqual([
    "ok     exec by websocket, times cri-streaming's: 2 (at least 0.5)",
    "MISSED exec by spdy, times cri-streaming's: 0.25 (at least 0.5)",
    "ok     port-forward by websocket, times cri-streaming's: 0.9 (at least 0.5)",
    "ok     port-forward by spdy, times cri-streaming's: 6 (at least 0.5)",
    "MISSED event loop delay p99, worst kind of transfer, ms: 60 (at most 50)",
    "ok     first byte of a big log, ms: 12 (at most 200)",
  ]);
});

it("has a line for each kind of transfer, and the log's figures", () => {
  const lines = streamTable(comparison).map((line) => line.split(/\s{2,}/));
  expect(lines).toContainEqual(["exec, kubectl with spdy, MB/s", "50", "200", "0.25", "5"]);
  expect(lines).toContainEqual(["RSS at its peak meanwhile, MB", "180"]);
  expect(lines).toContainEqual(["log: MB read", "50"]);
  expect(lines).toContainEqual(["log: MB/s", "100"]);
});

it("says of each transfer how it went", () => {
  expect(transferLine(transfer("burstlet", "exec", "spdy", 50), "round 1 of 2", 0.5)).toBe(
    "burstlet, round 1 of 2: exec by spdy 50 MB/s, event loop p99 5 ms, max 30 ms; load before 0.5",
  );
});
