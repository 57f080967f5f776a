/** Numbers from what the stand-in for AWS has seen. Pure. */
import type { LedgerEntry } from "../../../localstack/ledger.ts";
import type { Calls } from "../sides/stand-in.ts";

export interface AwsFigures {
  /** Seconds from the first launch to the last one. */
  readonly launching: number;
  /** Seconds from the first launch until the last pod was Running. */
  readonly running: number;
  readonly runTaskCalls: number;
  /** Throttle answers to calls of any kind. */
  readonly throttleAnswers: number;
  readonly registerCalls: number;
  /** In Secrets Manager, the installation's key among them. */
  readonly secretsMade: number;
  /** DescribeTasks, a second, while every task ran and nothing happened. */
  readonly describesPerSecond: number;
  /** And calls of SQS. */
  readonly queueCallsPerSecond: number;
}

export interface Seen {
  readonly ledger: readonly LedgerEntry[];
  /** When the last pod was Running: wall milliseconds, as the ledger's. */
  readonly runningAt: number;
  /** All calls before and after the rest, and how many seconds it took. */
  readonly before: Calls;
  readonly after: Calls;
  readonly restSeconds: number;
}

export function awsFigures({ ledger, runningAt, before, after, restSeconds }: Seen): AwsFigures {
  const launches = ledger
    .filter((entry) => entry.event === "launch")
    .filter(({ outcome }) => outcome === "launched")
    .map(({ at }) => at);
  const first = Math.min(...launches);
  const throttled = Object.values(after).map(({ ThrottlingException = 0 }) => ThrottlingException);
  return {
    launching: (Math.max(...launches) - first) / 1000,
    running: (runningAt - first) / 1000,
    runTaskCalls: callsOf(after, "ecs:RunTask"),
    throttleAnswers: throttled.reduce((sum, count) => sum + count, 0),
    registerCalls: callsOf(after, "ecs:RegisterTaskDefinition"),
    secretsMade: after["secretsmanager:CreateSecret"]?.["ok"] ?? 0,
    describesPerSecond: (callsOf(after, "ecs:DescribeTasks") - callsOf(before, "ecs:DescribeTasks")) / restSeconds,
    queueCallsPerSecond: (queueCallsIn(after) - queueCallsIn(before)) / restSeconds,
  };
}

function queueCallsIn(calls: Calls): number {
  const names = Object.keys(calls).filter((name) => name.startsWith("sqs:"));
  return names.reduce((sum, name) => sum + callsOf(calls, name), 0);
}

/** Whatever became of them. */
function callsOf(calls: Calls, operation: string): number {
  return Object.values(calls[operation] ?? {}).reduce((sum, count) => sum + count, 0);
}
