import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  GetDurableExecutionCommand,
  type GetDurableExecutionCommandOutput,
  InvokeCommand,
  type InvokeCommandInput,
  type InvokeCommandOutput,
  LambdaClient,
} from "@aws-sdk/client-lambda";
import { eventually } from "../../test/support/eventually.ts";
import type { LocalstackOptions } from "../localstack.ts";
import type { ScenarioInput } from "../scenario/schema.ts";
import { openWorld, type World } from "../testing.ts";
import type { LambdaEntry } from "./ledger-entries.ts";

export interface LambdaWorld extends Pick<World, "aws" | "logs" | "config">, AsyncDisposable {
  readonly lambda: LambdaClient;
  /** Function `f` unless changed, with the log's tail. */
  invoke(payload?: unknown, change?: Partial<InvokeCommandInput>): Promise<InvokeCommandOutput>;
  /** Every line in the log group of a function, oldest first. */
  log(name?: string, filterPattern?: string): Promise<readonly string[]>;
  /** Waits until the durable execution has this status. */
  reaches(arn: string | undefined, status: string): Promise<GetDurableExecutionCommandOutput>;
  /** What the ledger has of this kind. */
  entries<E extends LambdaEntry["event"]>(event: E): Extract<LambdaEntry, { event: E }>[];
}

/** The stand-in with function `f`, which is what the change says. */
export async function openLambdaWorld(
  functions: ScenarioInput["functions"] = { f: {} },
  scenario: ScenarioInput = {},
  options: Partial<LocalstackOptions> = {},
): Promise<LambdaWorld> {
  const world = await openWorld({ functions, ...scenario }, options);
  const lambda = new LambdaClient(world.config);
  return {
    ...world,
    lambda,
    async invoke(payload = {}, change = {}) {
      const Payload = typeof payload === "string" ? payload : JSON.stringify(payload);
      return lambda.send(new InvokeCommand({ FunctionName: "f", LogType: "Tail", Payload, ...change }));
    },
    async log(name = "f", filterPattern) {
      const { events = [] } = await world.logs.send(
        new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern }),
      );
      return events.map(({ message = "" }) => message);
    },
    reaches: (arn, status) =>
      eventually(`the execution is ${status}`, async () => {
        const found = await lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn: arn }));
        return found.Status === status && found;
      }),
    entries<E extends LambdaEntry["event"]>(event: E) {
      return world.aws.ledger.entries.filter(
        (entry): entry is Extract<LambdaEntry, { event: E }> => entry.event === event,
      );
    },
    async [Symbol.asyncDispose]() {
      lambda.destroy();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** The payload of an answer, read. */
export function told({ Payload }: InvokeCommandOutput): unknown {
  return JSON.parse(Payload?.transformToString() ?? "") as unknown;
}

/** The end of the log that an answer carries. */
export function tailOf({ LogResult = "" }: InvokeCommandOutput): string {
  return Buffer.from(LogResult, "base64").toString();
}

/** A payload of the form that burstlet sends. */
export const attempt = (id: string, env: Readonly<Record<string, string>> = {}) => ({
  burstlet: { invocationId: id },
  env: Object.entries(env).map(([name, value]) => ({ name, value })),
});
