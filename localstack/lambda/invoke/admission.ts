import type { LambdaGround } from "../account.ts";
import type { FoundFunction } from "../functions.ts";
import { type Bucket, createBucket } from "../../limits/bucket.ts";
import { quotaValue } from "../../quotas/table.ts";
import { ApiError } from "../../server/service.ts";

/** So many of the account's or a function's invocations run at once, and so many begin in a second. */
export interface Admission {
  /** Returns what ends it. Throws TooManyRequestsException. */
  enter(found: FoundFunction): () => void;
  /** Invocations at once: of the account, and what of it no function has reserved. */
  limits(): { readonly all: number; readonly unreserved: number };
}

/** Invocations a second for each of concurrency (Lambda quotas). */
const perEnvironment = 10;

export function createAdmission({ clock, scenario }: LambdaGround): Admission {
  const inside = new Map<string, number>();
  const buckets = new Map<string, Bucket>();
  const limits: Admission["limits"] = () => {
    const all = quotaValue(scenario.now.quotas, "L-B99A9384");
    const reserved = Object.values(scenario.now.functions).map(({ reservedConcurrency = 0 }) => reservedConcurrency);
    return { all, unreserved: Math.max(0, all - reserved.reduce((sum, one) => sum + one, 0)) };
  };
  /** Of a function with concurrency of its own, or of all others together. */
  const scopeOf = ({ version, whole }: FoundFunction) => {
    const { reservedConcurrency: reserved } = whole;
    return reserved === undefined
      ? { key: "", prefix: "", most: limits().unreserved }
      : { key: version.name, prefix: "ReservedFunction", most: reserved };
  };
  const bucketOf = (key: string, most: () => number): Bucket => {
    const bucket =
      buckets.get(key) ??
      createBucket(clock, () => ({ burst: perEnvironment * most(), rate: perEnvironment * most() }));
    buckets.set(key, bucket);
    return bucket;
  };
  return {
    limits,
    enter(found) {
      const { key, prefix, most } = scopeOf(found);
      const busy = inside.get(key) ?? 0;
      if (busy >= most) throw throttled(`${prefix}ConcurrentInvocationLimitExceeded`, scenario);
      const rated = scenario.now.switches.throttling;
      if (rated && !bucketOf(key, () => scopeOf(found).most).take())
        throw throttled(`${prefix === "" ? "Function" : prefix}InvocationRateLimitExceeded`, scenario);
      inside.set(key, busy + 1);
      return () => void inside.set(key, (inside.get(key) ?? 1) - 1);
    },
  };
}

/** Text of AWS (from memory); the reasons are those of its model. */
export function throttled(Reason: string, { now }: LambdaGround["scenario"]): ApiError {
  const { throttleRetryAfter: seconds } = now.switches;
  const headers = seconds > 0 ? { "retry-after": String(seconds) } : {};
  return new ApiError("TooManyRequestsException", "Rate Exceeded.", 429, { members: { Reason }, headers });
}
