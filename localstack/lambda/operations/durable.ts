import { z } from "zod";
import { parseTime } from "../../../src/model/clock.ts";
import { read } from "../../ecs/input/read.ts";
import { ApiError } from "../../server/service.ts";
import type { RestAnswer, RestRequest } from "../../server/rest.ts";
import { entryOf, note, pictureOf, statusOf } from "../durable/execution.ts";
import { checkpointInput, type Operation, type OperationUpdate, stopInput, updated } from "../durable/operations.ts";
import { seconds } from "../names.ts";
import type { LambdaAccount } from "../service.ts";
import { jsonOf } from "./body.ts";

const wrong = "InvalidParameterValueException";
const flag = z.enum(["true", "false"]).transform((text) => text === "true");
const listQuery = z.strictObject({
  Qualifier: z.string().optional(),
  DurableExecutionName: z.string().min(1).max(64).optional(),
  Statuses: z.array(z.enum(["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "STOPPED"])).default([]),
  StartedAfter: z.iso.datetime({ offset: true }).optional(),
  StartedBefore: z.iso.datetime({ offset: true }).optional(),
  ReverseOrder: flag.default(false),
  Marker: z.string().regex(/^\d+$/).optional(),
  MaxItems: z.coerce.number().int().min(0).max(1000).default(100),
});

const findByPath = ({ executions }: LambdaAccount, { path }: RestRequest) =>
  executions.find(path["DurableExecutionArn"] ?? "");

export function getDurableExecution(account: LambdaAccount, request: RestRequest): RestAnswer {
  const withData = request.query.get("IncludeExecutionData") !== "false";
  return { body: pictureOf(findByPath(account, request), withData) };
}

export function getDurableExecutionHistory(account: LambdaAccount, request: RestRequest): RestAnswer {
  const { history } = findByPath(account, request);
  const Events = request.query.get("ReverseOrder") === "true" ? history.toReversed() : history;
  return { body: { Events } };
}

/** Of one version; names that contain the one that is asked for (API reference). */
export function listDurableExecutions(account: LambdaAccount, { path, query }: RestRequest): RestAnswer {
  const members = Object.fromEntries(
    [...query].map(([name, value]) => [name, name === "Statuses" ? query.getAll(name) : value]),
  );
  const wish = read(listQuery, members, "ListDurableExecutionsByFunction", wrong);
  const { version } = account.functions.find(path["FunctionName"] ?? "", wish.Qualifier);
  const ofAll = wish.Qualifier === undefined && account.scenario.now.switches.durableLists === "all versions";
  const { StartedAfter: after, StartedBefore: before, DurableExecutionName: name = "" } = wish;
  const found = [...account.executions.all]
    .filter(({ found }) => found.version.name === version.name && (ofAll || found.version.version === version.version))
    .filter((execution) => execution.name.includes(name))
    .filter((execution) => wish.Statuses.length === 0 || wish.Statuses.includes(statusOf(execution)))
    .filter(({ startedAt }) => after === undefined || startedAt > (parseTime(after) ?? 0))
    .filter(({ startedAt }) => before === undefined || startedAt < (parseTime(before) ?? Infinity));
  const sorted = wish.ReverseOrder ? found.toReversed() : found;
  const start = Number(wish.Marker ?? 0);
  const end = start + wish.MaxItems;
  return {
    body: {
      DurableExecutions: sorted.slice(start, end).map(entryOf),
      ...(end < sorted.length && { NextMarker: String(end) }),
    },
  };
}

export function stopDurableExecution(account: LambdaAccount, request: RestRequest): RestAnswer {
  const execution = findByPath(account, request);
  const error = read(stopInput, jsonOf(request.body), "StopDurableExecution", wrong);
  account.executions.finish(execution, { status: "STOPPED", error });
  return { body: { StopTimestamp: seconds(execution.endedAt ?? account.clock.now()) } };
}

export function checkpointDurableExecution(account: LambdaAccount, request: RestRequest): RestAnswer {
  const execution = findByPath(account, request);
  const wish = read(checkpointInput, jsonOf(request.body), "CheckpointDurableExecution", wrong);
  if (wish.CheckpointToken !== execution.token || execution.end !== undefined)
    throw new ApiError(wrong, "Invalid checkpoint token");
  const now = account.clock.now();
  const changed = wish.Updates.filter(({ Type }) => Type !== "EXECUTION").map((update): Operation => {
    const operation = updated(execution.operations.get(update.Id), update, now);
    execution.operations.set(update.Id, operation);
    const { event, details } = eventOf(update, operation);
    if (event !== undefined)
      note(execution, now, event, details, { Id: update.Id, Name: update.Name, ParentId: update.ParentId });
    return operation;
  });
  const whole = wish.Updates.find(({ Type }) => Type === "EXECUTION");
  if (whole?.Action === "SUCCEED") account.executions.finish(execution, { status: "SUCCEEDED", result: whole.Payload });
  if (whole?.Action === "FAIL") account.executions.finish(execution, { status: "FAILED", error: whole.Error ?? {} });
  execution.token = account.newId();
  return { body: { CheckpointToken: execution.token, NewExecutionState: { Operations: changed, NextMarker: "" } } };
}

export function getDurableExecutionState(account: LambdaAccount, request: RestRequest): RestAnswer {
  const { operations } = findByPath(account, request);
  return { body: { Operations: [...operations.values()], NextMarker: "" } };
}

const kinds = { STEP: "Step", WAIT: "Wait", CONTEXT: "Context" } as const;
const actions = {
  START: "Started",
  SUCCEED: "Succeeded",
  FAIL: "Failed",
  RETRY: "Failed",
  CANCEL: "Cancelled",
} as const;

/** What the history says of an update. */
function eventOf(
  { Type, Action, Payload, Error, StepOptions, WaitOptions }: OperationUpdate,
  { WaitDetails, StepDetails }: Operation,
) {
  const kind = (kinds as Readonly<Record<string, string>>)[Type];
  if (kind === undefined) return { event: undefined, details: {} };
  const delay = StepOptions?.NextAttemptDelaySeconds;
  const details = {
    ...(Action === "SUCCEED" && { Result: { Payload, Truncated: false } }),
    ...((Action === "FAIL" || Action === "RETRY") && { Error: { Payload: Error ?? {}, Truncated: false } }),
    ...(Type === "STEP" &&
      Action !== "START" && {
        RetryDetails: {
          CurrentAttempt: StepDetails?.Attempt,
          ...(delay !== undefined && { NextAttemptDelaySeconds: delay }),
        },
      }),
    ...(Type === "WAIT" &&
      Action === "START" && {
        Duration: WaitOptions?.WaitSeconds,
        ScheduledEndTimestamp: WaitDetails?.ScheduledEndTimestamp,
      }),
  };
  return { event: `${kind}${actions[Action]}`, details };
}
