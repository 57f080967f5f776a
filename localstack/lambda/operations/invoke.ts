import { z } from "zod";
import { read } from "../../ecs/input/read.ts";
import type { RestAnswer, RestRequest } from "../../server/rest.ts";
import { ApiError, CutConnection } from "../../server/service.ts";
import { newRequestId } from "../account.ts";
import { statusOf } from "../durable/execution.ts";
import type { FoundFunction } from "../functions.ts";
import type { Order } from "../invoke/environment.ts";
import { invocationIdOf, type LambdaEntry } from "../ledger-entries.ts";
import type { LambdaAccount } from "../service.ts";
import { jsonOf } from "./body.ts";

const wishSchema = z.strictObject({
  type: z.enum(["RequestResponse", "Event", "DryRun"]).default("RequestResponse"),
  logType: z.enum(["None", "Tail"]).default("None"),
  clientContext: z.string().max(4_780).optional(),
  durableName: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional(),
});

type Wish = z.output<typeof wishSchema>;
type InvokeOutcome = Extract<LambdaEntry, { event: "invoke" }>["outcome"];

/** 6 MB of a call that is answered, 1 MB of an event (API reference, Invoke). */
const mostBytes = { RequestResponse: 6_291_456, Event: 1_048_576, DryRun: 6_291_456 } as const;
/** For so long a NAT gateway remembers a connection on which nothing moves. */
const forgottenAfter = 350_000;

export async function invoke(account: LambdaAccount, request: RestRequest): Promise<RestAnswer> {
  const { headers, path, query } = request;
  const raw = {
    type: headers["x-amz-invocation-type"],
    logType: headers["x-amz-log-type"],
    clientContext: headers["x-amz-client-context"],
    durableName: headers["x-amz-durable-execution-name"],
  };
  const wish = read(wishSchema, raw, "Invoke", "InvalidParameterValueException");
  const payload = request.body === "" ? "{}" : request.body;
  const call = new Call(account, wish, payload);
  const found = account.functions.find(path["FunctionName"] ?? "", query.get("Qualifier") ?? undefined, "share");
  try {
    check(account, found, wish, payload);
    if (wish.type === "DryRun") return { status: 204 };
    if (found.version.durable !== undefined) return await call.durably(found);
    if (wish.durableName !== undefined)
      throw invalid("The function is no durable function, so executions of it have no name.");
    return await (wish.type === "Event" ? call.asEvent(found) : call.held(found));
  } catch (error) {
    if (error instanceof ApiError) call.write(found, outcomeOf(error), { reason: error.type });
    throw error;
  }
}

function outcomeOf({ type }: ApiError): InvokeOutcome {
  if (type === "TooManyRequestsException") return "throttled";
  return type === "DurableExecutionAlreadyStartedException" ? "conflict" : "refused";
}

/** Throws ApiError where nothing can be invoked. */
function check(
  { functions, scenario }: LambdaAccount,
  { version }: FoundFunction,
  { type }: Wish,
  payload: string,
): void {
  const { switches } = scenario.now;
  const size = Buffer.byteLength(payload);
  const most = mostBytes[type];
  if (size > most) {
    const message = `${size} byte payload is too large for the ${type} invocation type (limit ${most} bytes)`;
    throw new ApiError(switches.tooLargeAnswer, message, 413);
  }
  jsonOf(payload);
  const state = functions.stateOf(version);
  if (state === "Active") return;
  functions.wake(version);
  const message = `The operation cannot be performed at this time. The function is currently in the following state: ${state}`;
  if (state === "Failed") throw new ApiError("ResourceConflictException", message, 409);
  throw new ApiError(
    switches.notActiveAnswer,
    message,
    switches.notActiveAnswer === "ResourceNotReadyException" ? 502 : 409,
  );
}

const invalid = (message: string): ApiError => new ApiError("InvalidParameterValueException", message);

class Call {
  readonly #account: LambdaAccount;
  readonly #wish: Wish;
  readonly #payload: string;
  readonly #requestId: string;
  readonly #invocationId: string | undefined;

  constructor(account: LambdaAccount, wish: Wish, payload: string) {
    this.#account = account;
    this.#wish = wish;
    this.#payload = payload;
    this.#requestId = newRequestId(account);
    this.#invocationId = invocationIdOf(payload);
  }

  /** The connection is held until the function has ended. */
  async held(found: FoundFunction): Promise<RestAnswer> {
    const { admission, fleet } = this.#account;
    const leave = admission.enter(found);
    this.write(found, "accepted");
    return this.#patient(async () => {
      const ran = await fleet.run(found.version, { ...this.#order(found), delivery: 1 }).finally(leave);
      return this.#answer(found, 200, ran);
    });
  }

  asEvent(found: FoundFunction): RestAnswer {
    this.write(found, "accepted");
    this.#account.events.accept(found, this.#order(found));
    return { status: 202, headers: { "x-amzn-requestid": this.#requestId } };
  }

  async durably(found: FoundFunction): Promise<RestAnswer> {
    const { executions, drive, scenario } = this.#account;
    const { durable } = found.version;
    const isEvent = this.#wish.type === "Event";
    if (found.qualifier === undefined) throw invalid("You cannot invoke a durable function using an unqualified ARN.");
    if (!isEvent && (durable?.executionTimeout ?? 0) > 900)
      throw invalid(
        "You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes.",
      );
    const name = this.#wish.durableName ?? this.#account.newId();
    const { execution, isNew } = executions.begin({ found, name, payload: this.#payload });
    this.write(found, isNew ? "accepted" : "repeated", { durableExecutionArn: execution.arn });
    if (isNew) drive(execution, this.#requestId);
    const headers = { "x-amz-durable-execution-arn": execution.arn };
    if (isEvent)
      return {
        status: 202,
        headers: { "x-amzn-requestid": this.#requestId, ...(scenario.now.switches.durableArnOfEvents && headers) },
      };
    const over = executions.over(execution);
    return this.#patient(async () => {
      if (!over.aborted) await new Promise((resolve) => over.addEventListener("abort", resolve, { once: true }));
      const { end } = execution;
      const isWell = end?.status === "SUCCEEDED";
      const { ErrorType: errorType = statusOf(execution), ErrorMessage: errorMessage = "" } = isWell
        ? {}
        : (end?.error ?? {});
      return this.#answer(found, 200, {
        functionError: isWell ? undefined : "Unhandled",
        payload: isWell ? (end.result ?? "null") : JSON.stringify({ errorType, errorMessage }),
        headers,
      });
    });
  }

  write(
    found: FoundFunction,
    outcome: InvokeOutcome,
    more: { reason?: string; durableExecutionArn?: string } = {},
  ): void {
    const { ledger, clock } = this.#account;
    const { name, version } = found.version;
    const who = { requestId: this.#requestId, invocationId: this.#invocationId };
    ledger.write({
      at: clock.now(),
      event: "invoke",
      outcome,
      function: name,
      version,
      type: this.#wish.type,
      ...who,
      ...more,
    });
  }

  /** Silence that is too long is never broken, where it goes through a gateway. */
  async #patient(work: () => Promise<RestAnswer>): Promise<RestAnswer> {
    const { clock, scenario } = this.#account;
    const startedAt = clock.monotonic();
    const answer = await work();
    const wasSilent = clock.monotonic() - startedAt > forgottenAfter;
    if (wasSilent && scenario.now.switches.idleConnections === "forgotten") throw new CutConnection("silent");
    return answer;
  }

  #order(found: FoundFunction): Omit<Order, "delivery"> {
    const { type, clientContext } = this.#wish;
    return {
      requestId: this.#requestId,
      payload: this.#payload,
      functionArn: found.arn,
      clientContext:
        type === "RequestResponse" && clientContext !== undefined
          ? Buffer.from(clientContext, "base64").toString()
          : undefined,
      invocationId: this.#invocationId,
      durableExecutionArn: undefined,
    };
  }

  #answer(
    found: FoundFunction,
    status: number,
    ran: {
      functionError: string | undefined;
      payload: string;
      tail?: string;
      headers?: Readonly<Record<string, string>>;
    },
  ): RestAnswer {
    return {
      status,
      headers: {
        "x-amzn-requestid": this.#requestId,
        "x-amz-executed-version": found.version.version,
        ...(ran.functionError !== undefined && { "x-amz-function-error": ran.functionError }),
        ...(this.#wish.logType === "Tail" &&
          ran.tail !== undefined && { "x-amz-log-result": Buffer.from(ran.tail).toString("base64") }),
        ...ran.headers,
      },
      body: ran.payload,
    };
  }
}
