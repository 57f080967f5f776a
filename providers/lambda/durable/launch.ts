import { type Launch, type Limiter, ProviderError } from "../../../src/provider.ts";
import type { FunctionInfo } from "../functions/function-info.ts";
import type { Subject } from "../invoke/picture.ts";
import { sizeOf } from "../invoke/picture.ts";
import { idOf } from "../invoke/task-id.ts";
import { failureOf, refusalOf } from "../outcome/failure.ts";
import type { LambdaRequest } from "../request.ts";
import type { DurableApi } from "./api.ts";
import type { Durable } from "./feed.ts";
import type { Names } from "./name.ts";

export interface Start {
  readonly launch: Launch<LambdaRequest>;
  readonly body: Uint8Array;
  readonly info: FunctionInfo;
  readonly prices: Subject["prices"];
  readonly bucket: Limiter;
}

export interface StartOptions {
  readonly api: Pick<DurableApi, "start" | "named">;
  readonly durable: Pick<Durable, "begun">;
  readonly names: Names;
  readonly nodeName: string;
}

/** Starts the execution, or finds it started: by its name there is one for each attempt, however often this is called. */
export async function startExecution(
  { launch, body, info, prices, bucket }: Start,
  { api, durable, names, nodeName }: StartOptions,
  signal: AbortSignal,
): Promise<void> {
  const { identity, request } = launch;
  const { pod, container } = request;
  const { name } = request.function;
  const named = { name, qualifier: info.version };
  const executionName = names.of(identity);
  const send = async (): Promise<string | undefined> => {
    try {
      return await api.start(named, body, executionName);
    } catch (error) {
      if (isStarted(error)) return (await api.named(named, executionName))?.arn;
      throw meaningOf(error);
    }
  };
  const arn = await bucket.run(send, signal);
  const provisionalId = idOf(name, info.version, executionName);
  const own = { identity, nodeName, pod, container, function: named, executionName, provisionalId };
  durable.begun({ ...own, ...sizeOf({ info, prices }) }, arn);
}

/** It runs already, with a payload that was another one then: a ConfigMap has changed meanwhile. */
function isStarted(error: unknown): boolean {
  return error instanceof Error && error.name === "DurableExecutionAlreadyStartedException";
}

/** Doubt is no trouble here: to start it once more is to find it. */
function meaningOf(error: unknown): ProviderError {
  const failure = failureOf(error);
  if (failure.is !== "unknown") return refusalOf(failure, error);
  return new ProviderError("transient", "LambdaUnavailable", failure.message, { cause: error });
}
