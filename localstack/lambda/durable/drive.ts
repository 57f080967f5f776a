import { type LambdaGround, newRequestId } from "../account.ts";
import type { Order } from "../invoke/environment.ts";
import type { Patience } from "../invoke/patience.ts";
import { seconds } from "../names.ts";
import { type Execution, note } from "./execution.ts";
import type { Executions } from "./executions.ts";
import { dueAt, elapsed } from "./operations.ts";
import { verdictOf } from "./verdict.ts";

/** Invokes the function of a durable execution until that has ended. */
export type Drive = (execution: Execution, requestId: string) => void;

/** First and longest pause before a broken invocation is repeated, where that is what Lambda does (from memory). */
const firstPause = 1_000;
const longestPause = 60_000;

/** `signal`: the stand-in's own end. */
export function createDrive(
  ground: LambdaGround,
  executions: Executions,
  patience: Patience,
  signal: AbortSignal,
): Drive {
  const { clock, scenario } = ground;

  async function drive(execution: Execution, firstRequestId: string): Promise<void> {
    const over = executions.over(execution);
    const ending = AbortSignal.any([over, signal]);
    let pause = firstPause;
    for (let delivery = 1; execution.end === undefined; delivery++) {
      const requestId = delivery === 1 ? firstRequestId : newRequestId(ground);
      const startedAt = clock.now();
      const ran = await patience(
        execution.found,
        orderOf(execution, {
          requestId,
          delivery,
          cut: scenario.now.switches.durableStop === "is cut" ? over : undefined,
        }),
        () => execution.end === undefined,
      );
      if (ran === undefined) return;
      const verdict = verdictOf(ran);
      const error = verdict.status === "BROKEN" ? { Payload: verdict.error, Truncated: false } : {};
      const times = { StartTimestamp: seconds(startedAt), EndTimestamp: seconds(clock.now()) };
      note(execution, clock.now(), "InvocationCompleted", { ...times, RequestId: requestId, Error: error });
      switch (verdict.status) {
        case "SUCCEEDED":
        case "FAILED":
        case "STOPPED":
        case "TIMED_OUT":
          executions.finish(execution, verdict);
          break;
        case "BROKEN":
          if (scenario.now.switches.durableFailure === "fails") {
            executions.finish(execution, { status: "FAILED", error: verdict.error });
            break;
          }
          await clock.sleep(pause, ending);
          pause = Math.min(2 * pause, longestPause);
          break;
        case "PENDING":
          await nextTurn(execution, ending);
          break;
      }
    }
  }

  /** Something that it waits for has come. Nothing ever does where it waits for nothing: then its time runs out. */
  async function nextTurn({ operations }: Execution, ending: AbortSignal): Promise<void> {
    const due = dueAt(operations.values()) ?? Infinity;
    if (due === Infinity)
      await new Promise((_, reject) => ending.addEventListener("abort", () => reject(new Error("over"))));
    await clock.sleep(due - clock.now(), ending);
    for (const [id, operation] of operations) operations.set(id, elapsed(operation, clock.now()));
  }

  // It rejects only where the execution, or the stand-in, has ended meanwhile.
  return (execution, requestId) => void drive(execution, requestId).catch(() => undefined);
}

/** What its handler is given (from the types of AWS's SDK for durable functions). */
function orderOf(execution: Execution, run: Pick<Order, "requestId" | "delivery" | "cut">): Order {
  const { arn, token, found, operations, payload, invocationId } = execution;
  const own = {
    Id: arn.split("/").at(-1),
    Type: "EXECUTION",
    Status: "STARTED",
    StartTimestamp: seconds(execution.startedAt),
    ExecutionDetails: { InputPayload: payload },
  };
  const state = { Operations: [own, ...operations.values()], NextMarker: "" };
  return {
    ...run,
    payload: JSON.stringify({ DurableExecutionArn: arn, CheckpointToken: token, InitialExecutionState: state }),
    functionArn: found.arn,
    clientContext: undefined,
    invocationId,
    durableExecutionArn: arn,
  };
}
