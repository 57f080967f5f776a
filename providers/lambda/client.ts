import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import {
  GetAccountSettingsCommand,
  GetFunctionCommand,
  GetFunctionEventInvokeConfigCommand,
  InvokeCommand,
  type LambdaClient,
} from "@aws-sdk/client-lambda";
import { type Limiter, ProviderError, SecretText, type TaskIdentity } from "../../src/provider.ts";
import { awsError } from "../aws/errors.ts";
import type { ClientConfig } from "../aws/session.ts";
import type { EventConfig } from "./event/verdict.ts";
import type { Account, FunctionInfo } from "./functions/function-info.ts";
import type { Answer } from "./outcome/ended.ts";
import { bareName, type FunctionName, type LambdaRequest } from "./request.ts";
import { mostPayload } from "./translate/payload.ts";

/** What of Lambda is used. */
export interface Lambda {
  /** Rejects with a ProviderError: `notFound` for a function or qualifier that does not exist. */
  describe(name: FunctionName): Promise<FunctionInfo>;
  account(): Promise<Account>;
  /** How Lambda treats events of this function, with AWS's defaults where nothing is configured. */
  eventConfig(name: FunctionName): Promise<EventConfig>;
  /** Puts an event into Lambda's queue, and resolves to its request id. Sent once whatever happens, and rejects as `invoke`. */
  enqueue(name: FunctionName, body: Uint8Array, signal: AbortSignal): Promise<string>;
  /**
   * Holds one connection until the function has ended. Sent once whatever happens: it rejects with what the SDK has thrown,
   * which `outcome/failure.ts` judges.
   */
  invoke(name: FunctionName, body: Uint8Array, signal: AbortSignal): Promise<Answer>;
}

export interface LambdaClients {
  readonly control: Pick<LambdaClient, "send">;
  /** Made with `heldConnections`. */
  readonly held: Pick<LambdaClient, "send">;
}

/** Of asynchronous invocations (documentation: 2 retries, 6 hours). */
const eventDefaults: EventConfig = { retries: 2, maxAge: 21_600 };

/** `describing`: GetFunction has 100 calls a second of its own (Lambda quotas); `controlling`: what all others share. */
export function createClient(
  { control, held }: LambdaClients,
  { describing, controlling }: { readonly describing: Limiter; readonly controlling: Limiter },
): Lambda {
  return {
    async describe({ name: FunctionName, qualifier: Qualifier }) {
      const input = { FunctionName, ...(Qualifier !== undefined && { Qualifier }) };
      const found = await describing.run(async () => asked(async () => control.send(new GetFunctionCommand(input))));
      const { Version, MemorySize, Timeout, EphemeralStorage, Architectures, State } = found.Configuration ?? {};
      const { DurableConfig, LoggingConfig } = found.Configuration ?? {};
      return {
        version: Version ?? "$LATEST",
        memory: MemorySize ?? 128,
        timeout: Timeout ?? 3,
        storage: EphemeralStorage?.Size ?? 512,
        architecture: Architectures?.[0] === "arm64" ? "arm64" : "amd64",
        state: State ?? "Active",
        stateReason: found.Configuration?.StateReason,
        durable: DurableConfig && { executionTimeout: DurableConfig.ExecutionTimeout ?? 0 },
        // The default of every function that does not say otherwise.
        logGroup: LoggingConfig?.LogGroup ?? `/aws/lambda/${bareName(FunctionName)}`,
        reserved: found.Concurrency?.ReservedConcurrentExecutions,
      };
    },

    async account() {
      const { AccountLimit } = await asked(async () => control.send(new GetAccountSettingsCommand({})));
      const { ConcurrentExecutions = 1_000, UnreservedConcurrentExecutions = ConcurrentExecutions } =
        AccountLimit ?? {};
      return { unreserved: UnreservedConcurrentExecutions };
    },

    eventConfig: async (name) => eventConfigOf(name, control, controlling),

    async enqueue({ name: FunctionName, qualifier: Qualifier }, Payload, abortSignal) {
      const input = {
        FunctionName,
        ...(Qualifier !== undefined && { Qualifier }),
        InvocationType: "Event" as const,
        Payload,
      };
      const { $metadata } = await held.send(new InvokeCommand(input), { abortSignal });
      return $metadata.requestId ?? "";
    },

    async invoke({ name: FunctionName, qualifier: Qualifier }, Payload, abortSignal) {
      const input = {
        FunctionName,
        ...(Qualifier !== undefined && { Qualifier }),
        InvocationType: "RequestResponse" as const,
        LogType: "Tail" as const,
        Payload,
      };
      const answer = await held.send(new InvokeCommand(input), { abortSignal });
      return {
        requestId: answer.$metadata.requestId ?? "",
        functionError: answer.FunctionError,
        payload: answer.Payload?.transformToString() ?? "",
        tail: Buffer.from(answer.LogResult ?? "", "base64").toString(),
      };
    },
  };
}

async function eventConfigOf(
  { name: FunctionName, qualifier: Qualifier }: FunctionName,
  control: LambdaClients["control"],
  bucket: Limiter,
): Promise<EventConfig> {
  const input = { FunctionName, ...(Qualifier !== undefined && { Qualifier }) };
  const command = new GetFunctionEventInvokeConfigCommand(input);
  try {
    const { MaximumRetryAttempts: retries, MaximumEventAgeInSeconds: maxAge } = await bucket.run(async () =>
      asked(async () => control.send(command)),
    );
    return { retries: retries ?? eventDefaults.retries, maxAge: maxAge ?? eventDefaults.maxAge };
  } catch (error) {
    // That the function itself does not exist is known by then.
    if (error instanceof ProviderError && error.kind === "notFound") return eventDefaults;
    throw error;
  }
}

/** Of reads only: one that finds its connection just closed at the other end is sent again, once. */
async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call().catch((error: unknown) => {
      if (awsError(error).reason === "CloudSilent") return call();
      throw error;
    });
  } catch (error) {
    throw awsError(error);
  }
}

/** NAT gateways drop connections that are silent for 350 seconds, and tell nobody. */
const KEEP_ALIVE_MS = 60_000;

/**
 * Connections that may be silent for as long as a function runs; who calls says when to give up. Each is used once: a
 * reused one may just be closed at the other end, and then nobody knows whether the function has run.
 */
export function heldConnections({ requestHandler }: ClientConfig): {
  readonly requestHandler: object;
  close(): void;
} {
  const options = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxSockets: Infinity };
  // The kernel's keep-alive is wanted, HTTP's is not. No option says so: maxFreeSockets 0 means Node's default of 256.
  const once = { keepSocketAlive: () => false };
  const httpAgent = Object.assign(new HttpAgent(options), once);
  const httpsAgent = Object.assign(new HttpsAgent(options), once);
  const { connectionTimeout } = requestHandler;
  return {
    requestHandler: { httpAgent, httpsAgent, connectionTimeout, requestTimeout: 0 },
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

/** The payload as it is sent: here, and only here, secrets are opened. Rejects what is too large with `invalid`. */
export function bodyOf(request: LambdaRequest, identity: TaskIdentity, token: string): Uint8Array {
  const { payload, pod, container, mode } = request;
  const most = mostPayload[mode];
  const text = "json" in payload ? payload.json : JSON.stringify(opened({ burstlet: whoOf(), ...payload.parts }));
  const body = Buffer.from(text);
  if (body.length <= most) return body;
  throw new ProviderError(
    "invalid",
    "PayloadTooLarge",
    `the payload has ${body.length} bytes, and Lambda takes ${most} at most: keep large data in S3`,
  );

  function whoOf(): object {
    return {
      invocationId: token,
      podUid: identity.podUid,
      namespace: pod.namespace,
      name: pod.name,
      container: container.name,
      attempt: identity.attempt,
    };
  }
}

function opened(value: unknown): unknown {
  if (value instanceof SecretText) return value.reveal();
  if (Array.isArray(value)) return value.map(opened);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, opened(inner)]));
}
