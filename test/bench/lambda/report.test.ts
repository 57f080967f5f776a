import { expect, it } from "vitest";
import type { LedgerEntry } from "../../../localstack/ledger.ts";
import { idempotencyToken } from "../../../src/model/identity.ts";
import { targetLine } from "../report.ts";
import { byStart, waitsOf } from "./measure.ts";
import { jobLine, lambdaTable, lambdaTargets } from "./report.ts";
import type { JobRound } from "./rounds.ts";

const mb = 2 ** 20;
const round = (p50: number, p99: number, cold?: number): JobRound => ({
  warm: { count: 100, p50, p99 },
  ...(cold !== undefined && { cold: { count: 8, p50: cold, p99: cold } }),
  cpu: 5,
});
const lambda = [round(90, 200, 800), round(80, 400, 700), round(300, 150, 900)];
const scripted = [round(40, 90), round(50, 100), round(60, 110)];
const held = [{ now: 251 * mb, peak: 260 * mb }];

it("targets compare the medians of both sides, warm starts alone", () => {
  expect(lambdaTargets({ lambda, scripted, held }).map(targetLine)).toEqual([
    "ok     ms from bound to Succeeded, p50, longer than on the scripted runtime: 40 (at most 40)",
    "ok     ms from bound to Succeeded, p99, longer than on the scripted runtime: 100 (at most 200)",
    "MISSED MB of RSS with 500 held invocations: 251 (at most 250)",
  ]);
});

it("targets that nobody has measured are missed", () => {
  const lines = lambdaTargets({ lambda: [], scripted, held: [] }).map(targetLine);
  expect(lines.filter((line) => !line.startsWith("MISSED"))).toEqual([]);
});

it("cold starts have lines of their own", () => {
  expect(lambdaTable({ lambda, scripted, held })).toContainEqual(
    expect.stringMatching(/^cold, bound to Succeeded, p50, ms +800/),
  );
  expect(jobLine("lambda", round(90, 200, 800))).toBe(
    "lambda: p50 90 ms, p99 200 ms of 100 pods; 8 cold: p50 800 ms, p99 800 ms; CPU 5 ms a pod",
  );
});

it("a pod is cold when the ledger says that its function was started for it", () => {
  const pod = (uid: string, succeeded: number) => ({ uid, created: 0, bound: 10, succeeded });
  const of = {
    function: "job",
    version: "1",
    requestId: "r",
    at: 0,
    event: "run",
    delivery: 1,
    environment: "e",
  } as const;
  const entry = (podUid: string, cold: boolean): LedgerEntry => ({
    ...of,
    cold,
    invocationId: idempotencyToken({ clusterUid: "c", podUid, attempt: 1 }, 1),
  });
  const { warm, cold } = byStart([pod("a", 30), pod("b", 900)], [entry("a", false), entry("b", true)], "c");
  expect([waitsOf(warm), waitsOf(cold)]).toEqual([
    { count: 1, p50: 20, p99: 20 },
    { count: 1, p50: 890, p99: 890 },
  ]);
});
