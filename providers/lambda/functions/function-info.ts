/** What is known of a function before it is invoked, and whether it is one for this pod. Pure. */
import { ProviderError } from "../../../src/provider.ts";
import { type FunctionName, type Mode, type Need, textOf } from "../request.ts";

export interface FunctionInfo {
  /** What the qualifier stands for at the moment: a number, or $LATEST. */
  readonly version: string;
  /** MB. */
  readonly memory: number;
  /** Seconds. */
  readonly timeout: number;
  /** MB of /tmp. */
  readonly storage: number;
  readonly architecture: "amd64" | "arm64";
  /** Pending, Active, Inactive, Failed and others. */
  readonly state: string;
  readonly stateReason: string | undefined;
  /** Of a durable function: seconds that one execution may take in all. */
  readonly durable: { readonly executionTimeout: number } | undefined;
  readonly logGroup: string;
  /** Invocations at once that are kept for it alone; `undefined`: it shares the account's. */
  readonly reserved: number | undefined;
}

export interface Account {
  /** Invocations at once that no function has reserved. */
  readonly unreserved: number;
}

/** Memory with which a function has one vCPU (Lambda documentation, resource model). */
const memoryOfCpu = 1_769;

/** Why this function is not invoked for this pod, with what to do; `undefined`: nothing stands in the way. */
export function unfit(name: FunctionName, info: FunctionInfo, need: Need, mode: Mode): ProviderError | undefined {
  const { memory, storage, state, stateReason = "no reason given" } = info;
  const called = textOf(name);
  if (state === "Failed" || state === "Deactivated")
    return new ProviderError("invalid", "LambdaFunctionUnavailable", `function ${called} is ${state}: ${stateReason}`);
  // An Inactive one is woken by being invoked, which is answered by an error until it is ready.
  if (state === "Pending")
    return new ProviderError(
      "noCapacity",
      "LambdaFunctionPending",
      `function ${called} is being created: ${stateReason}`,
    );
  if (info.reserved === 0)
    return new ProviderError(
      "noCapacity",
      "LambdaThrottled",
      `function ${called} has a reserved concurrency of 0, so nothing may invoke it: raise it`,
    );
  const lacks = [
    over("MB of memory", need.memory, memory, "raise MemorySize"),
    over("MB of ephemeral storage", need.storage, storage, "raise EphemeralStorage"),
    over("vCPU", need.cpu, cpusOf(memory), `raise MemorySize: ${memoryOfCpu} MB have one vCPU`),
  ].flat();
  if (lacks.length > 0)
    return new ProviderError("invalid", "LambdaTooSmall", `function ${called} is too small: ${lacks.join("; ")}`);
  if (mode === "durable" && info.durable === undefined)
    return new ProviderError(
      "invalid",
      "LambdaNotDurable",
      `function ${called} is not a durable function: create it with a DurableConfig, or take it from lambda.durableFunctions of the node's configuration`,
    );
  if (mode === "event" && info.durable !== undefined)
    return new ProviderError(
      "invalid",
      "LambdaIsDurable",
      `function ${called} is a durable function, whose events are executions: use mode durable`,
    );
  return tooShort(called, info, need, mode);
}

function tooShort(called: string, info: FunctionInfo, { deadline }: Need, mode: Mode): ProviderError | undefined {
  const [timeout, fix] =
    mode === "durable"
      ? [info.durable?.executionTimeout ?? 0, "raise ExecutionTimeout of its DurableConfig"]
      : [info.timeout, "raise Timeout (at most 900)"];
  if (deadline === undefined || timeout >= deadline) return undefined;
  return new ProviderError(
    "invalid",
    "LambdaTimeoutTooShort",
    `function ${called} is ended after ${timeout} seconds, the pod has activeDeadlineSeconds ${deadline}: ${fix}, or lower the deadline`,
  );
}

/** Invocations of it at once. `wanted`: of the configuration. */
export function concurrencyOf({ reserved }: FunctionInfo, account: Account, wanted: number | undefined): number {
  return Math.max(1, Math.min(wanted ?? Infinity, reserved ?? account.unreserved));
}

/** Rounded up to hundredths: 128 MB are "0.08 vCPU" and a request of 0.05 fits. */
function cpusOf(memory: number): number {
  return Math.ceil((memory / memoryOfCpu) * 100) / 100;
}

function over(what: string, asked: number, has: number, fix: string): string[] {
  return asked <= has ? [] : [`the pod asks for ${asked} ${what}, it has ${has} (${fix})`];
}
