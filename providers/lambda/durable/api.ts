import {
  GetDurableExecutionCommand,
  type GetDurableExecutionResponse,
  InvokeCommand,
  type LambdaClient,
  ListDurableExecutionsByFunctionCommand,
  type ListDurableExecutionsByFunctionCommandInput,
  StopDurableExecutionCommand,
} from "@aws-sdk/client-lambda";
import type { Limiter } from "../../../src/provider.ts";
import { awsError } from "../../aws/errors.ts";
import type { FunctionName } from "../request.ts";

/** One execution, as Lambda lists it. */
export interface Execution {
  readonly arn: string;
  readonly name: string;
  /** RUNNING, SUCCEEDED, FAILED, TIMED_OUT, STOPPED; newer words, such as PAUSED, mean that it has not ended. */
  readonly status: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  /** Of one that has failed, where it was asked for by its ARN. */
  readonly error?: { readonly type: string; readonly text: string } | undefined;
}

/** Every method waits for its bucket. What rejects is as the SDK has thrown it for `start`, and a ProviderError otherwise. */
export interface DurableApi {
  /** Idempotent by name, for the same payload. Resolves to the ARN, where the answer has it. */
  start(what: Required<FunctionName>, body: Uint8Array, name: string): Promise<string | undefined>;
  /**
   * Those that run, of one version. Without a qualifier those of all, as AWS's model of the API has it; the stand-in also knows a
   * Lambda that tells only those of $LATEST then. `notFound`: there is no such function.
   */
  running(what: FunctionName): Promise<readonly Execution[]>;
  /** Whatever its status. */
  named(what: Required<FunctionName>, name: string): Promise<Execution | undefined>;
  /** `notFound`: Lambda does not know it, or no longer. */
  get(arn: string): Promise<Execution>;
  /** No-op for one that has ended. */
  stop(arn: string, message: string): Promise<void>;
}

/** The most that Lambda lists at once. */
const PAGE = 1_000;

export function createDurableApi(sdk: Pick<LambdaClient, "send">, reading: Limiter): DurableApi {
  const listed = async (input: ListDurableExecutionsByFunctionCommandInput): Promise<readonly Execution[]> => {
    const found: Execution[] = [];
    let Marker: string | undefined;
    do {
      const command = new ListDurableExecutionsByFunctionCommand({ ...input, ...(Marker !== undefined && { Marker }) });
      const page = await asked(async () => reading.run(async () => sdk.send(command)));
      found.push(...(page.DurableExecutions ?? []).map(executionOf));
      Marker = page.NextMarker;
    } while (Marker !== undefined && Marker !== "");
    return found;
  };
  const got = async (DurableExecutionArn: string, IncludeExecutionData: boolean): Promise<Execution> => {
    const command = new GetDurableExecutionCommand({ DurableExecutionArn, IncludeExecutionData });
    return executionOf(await asked(async () => reading.run(async () => sdk.send(command))));
  };
  return {
    async start({ name: FunctionName, qualifier: Qualifier }, Payload, DurableExecutionName) {
      const input = { FunctionName, Qualifier, Payload, DurableExecutionName, InvocationType: "Event" as const };
      return (await sdk.send(new InvokeCommand(input))).DurableExecutionArn;
    },
    running: async ({ name: FunctionName, qualifier: Qualifier }) =>
      listed({ FunctionName, ...(Qualifier !== undefined && { Qualifier }), Statuses: ["RUNNING"], MaxItems: PAGE }),
    async named({ name: FunctionName, qualifier: Qualifier }, DurableExecutionName) {
      const found = await listed({ FunctionName, Qualifier, DurableExecutionName, MaxItems: PAGE });
      return found.find(({ name }) => name === DurableExecutionName);
    },
    async get(arn) {
      const found = await got(arn, false);
      // Payload and result, a megabyte each, come with the error; nobody here needs them.
      return found.status === "FAILED" ? got(arn, true) : found;
    },
    async stop(DurableExecutionArn, ErrorMessage) {
      const Error = { ErrorType: "BurstletStopped", ErrorMessage };
      const command = new StopDurableExecutionCommand({ DurableExecutionArn, Error });
      await asked(async () => reading.run(async () => sdk.send(command)));
    },
  };
}

type Told = Pick<
  GetDurableExecutionResponse,
  "DurableExecutionArn" | "DurableExecutionName" | "Status" | "StartTimestamp" | "EndTimestamp" | "Error"
>;

function executionOf(told: Told): Execution {
  const { DurableExecutionArn: arn = "", DurableExecutionName: name = "", Status, StartTimestamp } = told;
  const { EndTimestamp, Error: { ErrorType: type = "", ErrorMessage: text = "" } = {} } = told;
  return {
    arn,
    name,
    status: Status ?? "RUNNING",
    startedAt: StartTimestamp?.getTime() ?? 0,
    endedAt: EndTimestamp?.getTime(),
    ...(told.Error !== undefined && { error: { type, text } }),
  };
}

async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw awsError(error);
  }
}
