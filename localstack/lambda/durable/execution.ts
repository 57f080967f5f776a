/** A durable execution, and how the API tells of it. */
import type { FoundFunction } from "../functions.ts";
import { seconds } from "../names.ts";
import type { Operation } from "./operations.ts";

export interface ErrorObject {
  readonly ErrorType?: string | undefined;
  readonly ErrorMessage?: string | undefined;
  readonly ErrorData?: string | undefined;
  readonly StackTrace?: readonly string[] | undefined;
}

export type ExecutionEnd =
  | { readonly status: "SUCCEEDED"; readonly result: string | undefined }
  | { readonly status: "FAILED" | "STOPPED" | "TIMED_OUT"; readonly error: ErrorObject };

export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly found: FoundFunction;
  /** JSON. */
  readonly payload: string;
  readonly invocationId: string | undefined;
  readonly startedAt: number;
  /** By id, in the order in which they began. */
  readonly operations: Map<string, Operation>;
  /** What has happened, as GetDurableExecutionHistory tells it. */
  readonly history: object[];
  /** The newest checkpoint token: each may be used once. */
  token: string;
  endedAt: number | undefined;
  end: ExecutionEnd | undefined;
}

export const statusOf = ({ end }: Execution): ExecutionEnd["status"] | "RUNNING" => end?.status ?? "RUNNING";

/** An entry of a list. */
export function entryOf(execution: Execution): object {
  const { arn, name, found, startedAt, endedAt } = execution;
  return {
    DurableExecutionArn: arn,
    DurableExecutionName: name,
    FunctionArn: found.arn,
    Status: statusOf(execution),
    StartTimestamp: seconds(startedAt),
    ...(endedAt !== undefined && { EndTimestamp: seconds(endedAt) }),
  };
}

export function pictureOf(execution: Execution, withData: boolean): object {
  const { end, payload, found } = execution;
  const { executionTimeout = 0, retentionDays = 0 } = found.version.durable ?? {};
  return {
    ...entryOf(execution),
    Version: found.version.version,
    ExecutionDataIncluded: withData,
    DurableConfig: { ExecutionTimeout: executionTimeout, RetentionPeriodInDays: retentionDays },
    ...(withData && { InputPayload: payload }),
    ...(withData && end?.status === "SUCCEEDED" && end.result !== undefined && { Result: end.result }),
    ...(withData && end !== undefined && end.status !== "SUCCEEDED" && { Error: end.error }),
  };
}

const endEvents = {
  SUCCEEDED: "ExecutionSucceeded",
  FAILED: "ExecutionFailed",
  STOPPED: "ExecutionStopped",
  TIMED_OUT: "ExecutionTimedOut",
} as const;

/** Adds to the history; ids count from 1. */
export function note({ history }: Execution, time: number, EventType: string, details: object, of: object = {}): void {
  const EventId = history.length + 1;
  history.push({ EventId, EventType, EventTimestamp: seconds(time), ...of, [`${EventType}Details`]: details });
}

export function noteEnd(execution: Execution, end: ExecutionEnd, time: number): void {
  const details =
    end.status === "SUCCEEDED"
      ? { Result: { Payload: end.result, Truncated: false } }
      : { Error: { Payload: end.error, Truncated: false } };
  note(execution, time, endEvents[end.status], details);
}
