import { expect, it } from "vitest";
import type { LedgerEntry } from "../../../localstack/ledger.ts";
import { awsFigures } from "./measure.ts";

function launch(at: number, outcome: "launched" | "repeated" = "launched"): LedgerEntry {
  const names = { taskArn: "", taskDefinitionArn: "", startedBy: "", clientToken: "", subnet: "" };
  return { at, event: "launch", outcome, market: "on-demand", ...names };
}
const stop: LedgerEntry = { at: 90_000, event: "stop", outcome: "stopping", taskArn: "", startedBy: "", reason: "" };

it("counts from the first real launch, every call whatever became of it, and descriptions of the rest alone", () => {
  const seen = {
    ledger: [launch(500, "repeated"), launch(1_000), launch(51_000), stop],
    runningAt: 52_500,
    before: { "ecs:DescribeTasks": { ok: 40 }, "sqs:ReceiveMessage": { ok: 100 } },
    after: {
      "ecs:RunTask": { ok: 2, ThrottlingException: 1 },
      "ecs:RegisterTaskDefinition": { ok: 1, ClientException: 1 },
      "ecs:DescribeTasks": { ok: 150, ThrottlingException: 10 },
      "sqs:ReceiveMessage": { ok: 103 },
      "sqs:DeleteMessageBatch": { ok: 2, cut: 1 },
      "secretsmanager:CreateSecret": { ok: 2, ResourceExistsException: 1 },
    },
    restSeconds: 60,
  };
  expect(awsFigures(seen)).toEqual({
    launching: 50,
    running: 51.5,
    runTaskCalls: 3,
    throttleAnswers: 11,
    registerCalls: 2,
    secretsMade: 2,
    describesPerSecond: 2,
    queueCallsPerSecond: 0.1,
  });
});

it("finds no number where nothing was launched", () => {
  const nothing = awsFigures({ ledger: [], runningAt: 1, before: {}, after: {}, restSeconds: 60 });
  expect(nothing).toMatchObject({
    runTaskCalls: 0,
    throttleAnswers: 0,
    registerCalls: 0,
    secretsMade: 0,
    describesPerSecond: 0,
  });
  expect(Number.isFinite(nothing.running)).toBe(false);
});
