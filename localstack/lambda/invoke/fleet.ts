import { type Bucket, createBucket } from "../../limits/bucket.ts";
import type { LambdaGround } from "../account.ts";
import type { FunctionVersion } from "../functions.ts";
import type { Sandbox, SandboxOptions } from "../sandbox/sandbox.ts";
import { throttled } from "./admission.ts";
import { Environment, type Order, type Ran } from "./environment.ts";

/** Every environment of every function. */
export interface Fleet {
  /** In a warm environment where one waits, else in a new one. Throws TooManyRequestsException; otherwise never rejects. */
  run(version: FunctionVersion, order: Order): Promise<Ran>;
  /** Environments by function, warm and busy. */
  counts(): Readonly<Record<string, { readonly waiting: number; readonly busy: number }>>;
  close(): Promise<void>;
}

/** New environments of one function: 1,000 in ten seconds (documentation of scaling). */
const growth = { burst: 1_000, rate: 100 };

interface Waiting {
  readonly environment: Environment;
  readonly forget: () => void;
}

export function createFleet(ground: LambdaGround, open: (options: SandboxOptions) => Sandbox): Fleet {
  const { clock, scenario, ledger } = ground;
  const waiting = new Map<FunctionVersion, Waiting[]>();
  const busy = new Set<Environment>();
  const growing = new Map<string, Bucket>();

  const mayGrow = ({ name }: FunctionVersion): boolean => {
    const bucket = growing.get(name) ?? createBucket(clock, () => growth);
    growing.set(name, bucket);
    return !scenario.now.switches.throttling || bucket.take();
  };
  const take = (version: FunctionVersion): Environment => {
    const warm = waiting.get(version)?.pop();
    warm?.forget();
    if (warm !== undefined) return warm.environment;
    if (!mayGrow(version)) throw throttled("FunctionInvocationRateLimitExceeded", scenario);
    return new Environment(version, ground, open);
  };
  const giveBack = (environment: Environment): void => {
    const { version } = environment;
    if (environment.isOver) return void environment.close();
    environment.freeze();
    const all = waiting.get(version) ?? [];
    waiting.set(version, all);
    const entry = {
      environment,
      forget: clock.after(scenario.now.times.idle * 1000, () => {
        all.splice(all.indexOf(entry), 1);
        void environment.close();
      }),
    };
    all.push(entry);
  };
  return {
    async run(version, order) {
      const environment = take(version);
      busy.add(environment);
      const { requestId, invocationId, durableExecutionArn, delivery } = order;
      const who = { function: version.name, version: version.version, requestId, invocationId, durableExecutionArn };
      const { stream, isCold: cold } = environment;
      ledger.write({ at: clock.now(), event: "run", ...who, delivery, environment: stream, cold });
      const ran = await environment.run(order);
      busy.delete(environment);
      ledger.write({ at: clock.now(), event: "finished", ...who, outcome: ran.outcome });
      giveBack(environment);
      return ran;
    },
    counts() {
      const counts: Record<string, { waiting: number; busy: number }> = {};
      const of = ({ name }: FunctionVersion) => (counts[name] ??= { waiting: 0, busy: 0 });
      for (const [version, all] of waiting) of(version).waiting += all.length;
      for (const { version } of busy) of(version).busy += 1;
      return counts;
    },
    async close() {
      const idle = [...waiting.values()].flat();
      for (const { forget } of idle) forget();
      await Promise.all([...busy, ...idle.map(({ environment }) => environment)].map(async (one) => one.close()));
    },
  };
}
