import { type Bucket, createBucket } from "../../limits/bucket.ts";
import type { LambdaGround } from "../account.ts";
import type { FunctionVersion } from "../functions.ts";
import type { Sandbox, SandboxOptions } from "../sandbox/sandbox.ts";
import { throttled } from "./admission.ts";
import { Environment, type Order, type Ran } from "./environment.ts";
import { createWarm } from "./warm.ts";

/** Every environment of every function. */
export interface Fleet {
  /** In a warm environment where one waits, else in a new one. Rejects with TooManyRequestsException, and nothing else. */
  run(version: FunctionVersion, order: Order): Promise<Ran>;
  /** Environments by function, warm and busy. */
  counts(): Readonly<Record<string, { readonly waiting: number; readonly busy: number }>>;
  close(): Promise<void>;
}

/** New environments of one function: 1,000 in ten seconds (documentation of scaling). */
const growth = { burst: 1_000, rate: 100 };

export function createFleet(ground: LambdaGround, open: (options: SandboxOptions) => Sandbox): Fleet {
  const { clock, scenario, ledger } = ground;
  const warm = createWarm(clock, () => scenario.now.times.idle);
  const busy = new Set<Environment>();
  const growing = new Map<string, Bucket>();

  const newOne = (version: FunctionVersion): Environment => {
    const bucket = growing.get(version.name) ?? createBucket(clock, () => growth);
    growing.set(version.name, bucket);
    if (scenario.now.switches.throttling && !bucket.take())
      throw throttled("FunctionInvocationRateLimitExceeded", scenario);
    return new Environment(version, ground, open);
  };
  return {
    async run(version, order) {
      const environment = warm.take(version) ?? newOne(version);
      busy.add(environment);
      const { requestId, invocationId, durableExecutionArn, delivery } = order;
      const who = { function: version.name, version: version.version, requestId, invocationId, durableExecutionArn };
      const { stream, isCold: cold } = environment;
      ledger.write({ at: clock.now(), event: "run", ...who, delivery, environment: stream, cold });
      const ran = await environment.run(order);
      busy.delete(environment);
      ledger.write({ at: clock.now(), event: "finished", ...who, outcome: ran.outcome });
      if (environment.isOver) void environment.close();
      else warm.put(environment);
      return ran;
    },
    counts() {
      const counts: Record<string, { waiting: number; busy: number }> = {};
      const of = ({ version }: Environment) => (counts[version.name] ??= { waiting: 0, busy: 0 });
      for (const environment of warm.all) of(environment).waiting += 1;
      for (const environment of busy) of(environment).busy += 1;
      return counts;
    },
    async close() {
      await Promise.all([warm.close(), ...[...busy].map(async (environment) => environment.close())]);
    },
  };
}
