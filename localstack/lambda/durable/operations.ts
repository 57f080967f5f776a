/** What a durable function has told of its steps, and what it is told of them when it runs again. Pure. */
import { z } from "zod";
import { ApiError, notSimulated } from "../../server/service.ts";
import { seconds } from "../names.ts";

const errorObject = z.strictObject({
  ErrorType: z.string().optional(),
  ErrorMessage: z.string().optional(),
  ErrorData: z.string().optional(),
  StackTrace: z.array(z.string()).optional(),
});

const update = z.strictObject({
  Id: z.string().min(1).max(64),
  Type: z.enum(["EXECUTION", "CONTEXT", "STEP", "WAIT", "CALLBACK", "CHAINED_INVOKE"]),
  Action: z.enum(["START", "SUCCEED", "FAIL", "RETRY", "CANCEL"]),
  ParentId: z.string().optional(),
  Name: z.string().optional(),
  SubType: z.string().optional(),
  Payload: z.string().optional(),
  Error: errorObject.optional(),
  ContextOptions: z.strictObject({ ReplayChildren: z.boolean().optional() }).optional(),
  StepOptions: z.strictObject({ NextAttemptDelaySeconds: z.int().min(1).optional() }).optional(),
  WaitOptions: z.strictObject({ WaitSeconds: z.int().min(1).optional() }).optional(),
  CallbackOptions: z.unknown().optional(),
  ChainedInvokeOptions: z.unknown().optional(),
});

export const checkpointInput = z.strictObject({
  CheckpointToken: z.string().min(1),
  Updates: z.array(update).default([]),
  ClientToken: z.string().optional(),
});
export const stopInput = errorObject;

export type OperationUpdate = z.output<typeof update>;

/** As the API has it; times in seconds. */
export interface Operation {
  readonly Id: string;
  readonly Type: OperationUpdate["Type"];
  readonly Status: "STARTED" | "PENDING" | "READY" | "SUCCEEDED" | "FAILED" | "CANCELLED";
  readonly StartTimestamp: number;
  readonly EndTimestamp?: number | undefined;
  readonly ParentId?: string | undefined;
  readonly Name?: string | undefined;
  readonly SubType?: string | undefined;
  readonly StepDetails?: { readonly Attempt: number; readonly NextAttemptTimestamp?: number | undefined } & Content;
  readonly WaitDetails?: { readonly ScheduledEndTimestamp: number };
  readonly ContextDetails?: Content & { readonly ReplayChildren?: boolean | undefined };
}

interface Content {
  readonly Result?: string | undefined;
  readonly Error?: z.output<typeof errorObject> | undefined;
}

const ends = { SUCCEED: "SUCCEEDED", FAIL: "FAILED", CANCEL: "CANCELLED" } as const;

/** The operation after this update of it. Throws ApiError. `now`: wall milliseconds. */
export function updated(before: Operation | undefined, change: OperationUpdate, now: number): Operation {
  const { Id, Type, Action, ParentId, Name, SubType, Payload, Error } = change;
  if (Type === "CALLBACK" || Type === "CHAINED_INVOKE") throw notSimulated(`operations of type ${Type}`);
  const own = { ParentId, Name, SubType, ...before, Id, Type, StartTimestamp: before?.StartTimestamp ?? seconds(now) };
  const content = { ...(Payload !== undefined && { Result: Payload }), ...(Error !== undefined && { Error }) };
  const attempt = before?.StepDetails?.Attempt ?? 0;
  if (Action === "RETRY") {
    const at = seconds(now + (change.StepOptions?.NextAttemptDelaySeconds ?? 1) * 1000);
    return { ...own, Status: "PENDING", StepDetails: { Attempt: attempt, NextAttemptTimestamp: at, ...content } };
  }
  const ending = Action === "START" ? undefined : { Status: ends[Action], EndTimestamp: seconds(now) };
  const state = ending ?? { Status: "STARTED" as const };
  if (Type === "STEP") return { ...own, ...state, StepDetails: { Attempt: attempt + (ending ? 0 : 1), ...content } };
  if (Type === "CONTEXT") return { ...own, ...state, ContextDetails: { ...content, ...change.ContextOptions } };
  if (ending !== undefined) return { ...own, ...ending };
  const wait = change.WaitOptions?.WaitSeconds;
  if (wait === undefined) throw new ApiError("InvalidParameterValueException", "WaitSeconds is missing");
  return { ...own, ...state, WaitDetails: { ScheduledEndTimestamp: seconds(now + wait * 1000) } };
}

/** When something falls due by which a function that waits goes on; `undefined`: never. Wall milliseconds. */
export function dueAt(operations: Iterable<Operation>): number | undefined {
  const times = [...operations].flatMap(({ Status, WaitDetails, StepDetails }) => {
    if (Status === "STARTED" && WaitDetails !== undefined) return [WaitDetails.ScheduledEndTimestamp];
    return Status === "PENDING" && StepDetails?.NextAttemptTimestamp !== undefined
      ? [StepDetails.NextAttemptTimestamp]
      : [];
  });
  return times.length === 0 ? undefined : Math.min(...times) * 1000;
}

/** The operation when the time is `now`: waits are over, steps are ready. */
export function elapsed(operation: Operation, now: number): Operation {
  const due = dueAt([operation]);
  if (due === undefined || due > now) return operation;
  if (operation.Type === "WAIT") return { ...operation, Status: "SUCCEEDED", EndTimestamp: seconds(now) };
  return { ...operation, Status: "READY" };
}
