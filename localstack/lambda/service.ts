import type { Gate } from "../server/gate.ts";
import { type Route, restService } from "../server/rest.ts";
import type { ApiError, Service, ServiceAnswer } from "../server/service.ts";
import type { LambdaGround } from "./account.ts";
import { createDrive, type Drive } from "./durable/drive.ts";
import { createExecutions, type Executions } from "./durable/executions.ts";
import { createFunctions, type Functions } from "./functions.ts";
import { type Admission, createAdmission } from "./invoke/admission.ts";
import { createEvents, type Events } from "./invoke/events.ts";
import { createFleet, type Fleet } from "./invoke/fleet.ts";
import { createPatience } from "./invoke/patience.ts";
import {
  checkpointDurableExecution,
  getDurableExecution,
  getDurableExecutionHistory,
  getDurableExecutionState,
  listDurableExecutions,
  stopDurableExecution,
} from "./operations/durable.ts";
import {
  getAccountSettings,
  getFunction,
  getFunctionConcurrency,
  getFunctionConfiguration,
  getFunctionEventInvokeConfig,
} from "./operations/functions.ts";
import { invoke } from "./operations/invoke.ts";
import { processSandbox } from "./sandbox/process.ts";
import { scriptedSandbox } from "./sandbox/scripted.ts";

export interface LambdaAccount extends LambdaGround {
  readonly functions: Functions;
  readonly admission: Admission;
  readonly fleet: Fleet;
  readonly events: Events;
  readonly executions: Executions;
  readonly drive: Drive;
}

export interface Lambda {
  readonly service: Service;
  readonly account: LambdaAccount;
  close(): Promise<void>;
}

/** `endpoint`: of the stand-in, once it listens. */
export function createLambda(ground: LambdaGround, gate: Gate, endpoint: () => string): Lambda {
  const closing = new AbortController();
  const { signal } = closing;
  const functions = createFunctions(ground.clock, ground.scenario);
  const admission = createAdmission(ground);
  const fleet = createFleet(ground, (options) =>
    options.version.runtime === "scripted"
      ? scriptedSandbox(ground.clock, options)
      : processSandbox(ground, endpoint, options),
  );
  const patience = createPatience(ground, admission, fleet, signal);
  const events = createEvents(ground, patience, signal);
  const executions = createExecutions(ground);
  const drive = createDrive(ground, executions, patience, signal);
  const account = { ...ground, functions, admission, fleet, events, executions, drive };
  return {
    account,
    service: restService({ name: "lambda", routes: routesOf(account), gate, refusal }),
    async close() {
      closing.abort(new Error("the stand-in is closed"));
      await fleet.close();
    },
  };
}

function routesOf(account: LambdaAccount): readonly Route[] {
  const route = (
    method: Route["method"],
    path: string,
    operation: string,
    answer: (account: LambdaAccount, request: Parameters<Route["answer"]>[0]) => ReturnType<Route["answer"]>,
  ): Route => ({ method, path, operation, answer: (request) => answer(account, request) });
  const one = "/2015-03-31/functions/{FunctionName}";
  const execution = "/2025-12-01/durable-executions/{DurableExecutionArn}";
  return [
    route("POST", `${one}/invocations`, "Invoke", invoke),
    route("GET", one, "GetFunction", getFunction),
    route("GET", `${one}/configuration`, "GetFunctionConfiguration", getFunctionConfiguration),
    route("GET", "/2019-09-30/functions/{FunctionName}/concurrency", "GetFunctionConcurrency", getFunctionConcurrency),
    route(
      "GET",
      "/2019-09-25/functions/{FunctionName}/event-invoke-config",
      "GetFunctionEventInvokeConfig",
      getFunctionEventInvokeConfig,
    ),
    route("GET", "/2016-08-19/account-settings", "GetAccountSettings", getAccountSettings),
    route("GET", execution, "GetDurableExecution", getDurableExecution),
    route("GET", `${execution}/history`, "GetDurableExecutionHistory", getDurableExecutionHistory),
    route("GET", `${execution}/state`, "GetDurableExecutionState", getDurableExecutionState),
    route("POST", `${execution}/checkpoint`, "CheckpointDurableExecution", checkpointDurableExecution),
    route("POST", `${execution}/stop`, "StopDurableExecution", stopDurableExecution),
    route(
      "GET",
      "/2025-12-01/functions/{FunctionName}/durable-executions",
      "ListDurableExecutionsByFunction",
      listDurableExecutions,
    ),
  ];
}

/** Names and statuses that Lambda has for what the gate says in the words of other services. */
const own: Readonly<Record<string, Pick<ApiError, "type" | "status" | "members">>> = {
  ThrottlingException: {
    type: "TooManyRequestsException",
    status: 429,
    members: { Reason: "CallerRateLimitExceeded" },
  },
  ExpiredTokenException: { type: "ExpiredTokenException", status: 403, members: {} },
  UnrecognizedClientException: { type: "UnrecognizedClientException", status: 403, members: {} },
  AccessDeniedException: { type: "AccessDeniedException", status: 403, members: {} },
};

/** Of the other errors the model calls it `Message`. */
const withSmallMessage = new Set([
  "CodeArtifactUserPendingException",
  "InvalidParameterValueException",
  "InvalidRequestContentException",
  "RequestTooLargeException",
  "ResourceConflictException",
  "ResourceNotReadyException",
  "SerializedRequestEntityTooLargeException",
  "TooManyRequestsException",
  "UnsupportedMediaTypeException",
]);

/** As AWS writes it: the name in a header, `Type` says whose fault it is. */
function refusal(error: ApiError): ServiceAnswer {
  const { type, status } = own[error.type] ?? error;
  const members = { ...own[error.type]?.members, ...error.members };
  const message = withSmallMessage.has(type) ? { message: error.message } : { Message: error.message };
  return {
    status,
    headers: {
      "content-type": "application/json",
      "x-amzn-errortype": type,
      ...error.headers,
    },
    body: JSON.stringify({ Type: status < 500 ? "User" : "Service", ...message, ...members }),
  };
}
