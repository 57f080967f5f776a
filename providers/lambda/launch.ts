import {
  asProviderError,
  type Launch,
  type Provider,
  type ProviderContext,
  ProviderError,
} from "../../src/provider.ts";
import { bodyOf, type Lambda } from "./client.ts";
import type { LambdaConfig } from "./config.ts";
import { startExecution, type StartOptions } from "./durable/launch.ts";
import { createSend } from "./event/send.ts";
import type { Events } from "./event/watch.ts";
import { concurrencyOf, unfit } from "./functions/function-info.ts";
import type { KnownFunctions } from "./functions/known-functions.ts";
import { createGate } from "./invoke/gate.ts";
import type { Invocations } from "./invoke/invocations.ts";
import { type Held, invoke } from "./invoke/invoke.ts";
import { pricesOf } from "./outcome/prices.ts";
import { requireGrants } from "./no-grants.ts";
import type { LambdaRequest } from "./request.ts";

export interface LaunchOptions extends Pick<ProviderContext, "clock" | "log" | "limiter" | "nodeName" | "grants"> {
  readonly client: Pick<Lambda, "invoke" | "enqueue">;
  readonly executions: StartOptions;
  readonly events: Pick<Events, "begun">;
  readonly functions: KnownFunctions;
  readonly invocations: Invocations<Held>;
  readonly config: Pick<LambdaConfig, "concurrency" | "rate" | "prices">;
  readonly random: () => number;
}

/**
 * As Provider.launch. An attempt that this process knows is never invoked again, whatever became of it; one of an earlier
 * process is not launched again by the core, because Lambda's memory of it is 0. A durable execution is found by its name.
 */
export function createLaunch(options: LaunchOptions): Provider<LambdaRequest>["launch"] {
  const { functions, invocations, config, limiter, nodeName, grants, executions } = options;
  const gate = createGate();
  const send = createSend(options);
  const buckets = new Map<string, ReturnType<typeof limiter>>();
  const bucketOf = (name: string): ReturnType<typeof limiter> => {
    const bucket = buckets.get(name) ?? limiter({ rate: config.rate, burst: config.rate });
    buckets.set(name, bucket);
    return bucket;
  };
  const known = (launch: Launch<LambdaRequest>) => invocations.find(launch.identity)?.state;

  return async (launch, signal) => {
    const before = known(launch);
    if (before !== undefined) return before;
    requireGrants(grants);
    const { identity, request, token } = launch;
    const { mode } = request;
    // The payload of a durable execution is the same for every try, and so is its name.
    const body = bodyOf(request, identity, mode === "durable" ? executions.names.of(identity) : token);
    const looked = Promise.all([functions.describe(request.function), functions.account()]);
    const [info, account] = await looked.catch((error: unknown) => {
      throw nothingStarted(error);
    });
    const trouble = unfit(request.function, info, request.need, mode);
    if (trouble !== undefined) throw trouble;
    const prices = pricesOf(config, info.architecture);
    const bucket = bucketOf(request.function.name);
    const start = { launch, body, info, prices, bucket };
    if (mode === "durable") await startExecution(start, executions, signal);
    else if (known(launch) !== undefined) {
      // Another call of this launch was faster.
    } else if (mode === "event")
      await send(start, signal).catch((error: unknown) => {
        throw nothingStarted(error);
      });
    else {
      const concurrency = concurrencyOf(info, account, config.concurrency);
      const { function: named, container, pod } = request;
      const kept = { function: named, container, pod };
      invoke({ identity, nodeName, request: kept, info, prices, concurrency }, body, {
        ...options,
        gate,
        bucket,
        sends: launch.sends,
      });
    }
    const state = known(launch);
    if (state === undefined) throw new TypeError("an invocation that was begun is not known");
    return state;
  };
}

/**
 * What goes wrong before the invocation has started nothing, and the core must hear so: of any doubt it would make a pod
 * whose outcome is unknown, because the provider's memory is 0.
 */
function nothingStarted(error: unknown): ProviderError {
  const meant = asProviderError(error);
  if (definite.has(meant.kind)) return meant;
  return new ProviderError("noCapacity", meant.reason, meant.message, { cause: error });
}

const definite: ReadonlySet<ProviderError["kind"]> = new Set([
  "refused",
  "invalid",
  "denied",
  "throttled",
  "noCapacity",
]);
