import { expect, it } from "vitest";
import { targetLine } from "../report.ts";
import { fargateTable, fargateTargets } from "./report.ts";
import type { DeploymentRound } from "./round.ts";

const mb = 2 ** 20;

function round(cpu: number, running?: number, throttleAnswers = 0): DeploymentRound {
  const spread = { p50: 1, p99: 2 };
  const times = { allCreated: 1, allBound: 2, allRunning: 3, allReady: 4, podsPerSecond: 5 };
  const counted = {
    runTaskCalls: 120,
    registerCalls: 1,
    secretsMade: 3,
    describesPerSecond: 3,
    queueCallsPerSecond: 0.1,
  };
  return {
    speed: { ...times, readyFromCreation: spread, readyFromBind: spread },
    writes: { total: 360, by: { "patch pods/status": 240, "create events": 120 } },
    cpu: { ready: cpu, rest: 0.01 },
    memory: { before: { now: 90 * mb, peak: 95 * mb }, after: { now: 100 * mb, peak: 120 * mb } },
    allGone: 6,
    ...(running !== undefined && { aws: { launching: 5, running, throttleAnswers, ...counted } }),
  };
}
const fargate = [round(0.3, 5.2), round(0.5, 5.3, 1), round(0.4, 9)];
const scripted = [round(0.1), round(0.3), round(0.2)];

it("targets take medians of what varies, and the worst round of what may never be", () => {
  expect(fargateTargets({ fargate, scripted }, 120, false).map(targetLine)).toEqual([
    "MISSED seconds from the first launch to 120 Running, times what RunTask's bucket takes (5 s): 1.06 (at most 1.05)",
    "MISSED throttle answers, most of a round: 1 (at most 0)",
    "ok     calls of RegisterTaskDefinition, most of a round: 1 (at most 1)",
    "MISSED secrets made, the key among them, most of a round: 3 (at most 2)",
    "MISSED DescribeTasks a second with 120 tasks that run: 3 (at most 2.5)",
    "ok     CPU per pod, times the scripted runtime's: 2 (at most 2)",
  ]);
});

it("targets that nobody has measured are missed", () => {
  const lines = fargateTargets({ fargate: [], scripted }, 120, false).map(targetLine);
  expect(lines.filter((line) => !line.startsWith("MISSED"))).toEqual([]);
});

it("with events far fewer descriptions are asked of it", () => {
  const lines = fargateTargets({ fargate, scripted }, 120, true).map(targetLine);
  expect(lines).toContain("MISSED DescribeTasks a second with 120 tasks that run: 3 (at most 0.5)");
});

it("the table has a column for each side, and the stand-in's figures for one", () => {
  const lines = fargateTable({ fargate, scripted }, 120);
  expect(lines).toContainEqual(expect.stringMatching(/^CPU per pod to the last Ready, ms +3\.33 +1\.67$/));
  expect(lines).toContainEqual(expect.stringMatching(/^status patches per pod +2 +2$/));
  expect(lines).toContainEqual(expect.stringMatching(/^first launch to all Running, s +5\.3$/));
});
