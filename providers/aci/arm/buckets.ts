/**
 * What Azure allows a subscription, and what its answers tell of that. Creations and deletions of groups have two windows
 * each, of five minutes and an hour (Azure's page of ACI's limits); many subscriptions have been given more.
 */
import { isDeepStrictEqual } from "node:util";
import type { CallLimits, Limiter, ProviderContext } from "../../../src/provider.ts";

/** Calls in each window. */
export interface WriteQuota {
  readonly fiveMinutes: number;
  readonly hour: number;
}

/** Of a subscription that has asked for nothing. */
export const usualQuota: WriteQuota = { fiveMinutes: 100, hour: 300 };

const header = "x-ms-ratelimit-remaining-subscription-resource-requests-";

/** Tells how much is left after this call, so that the whole is one more at least. Pure. */
export function learned(quota: WriteQuota, headerOf: (name: string) => string | undefined): WriteQuota {
  const atLeast = (known: number, window: string): number => {
    const left = Number(headerOf(`${header}${window}`) ?? Number.NaN);
    return Number.isInteger(left) && left >= known ? left + 1 : known;
  };
  return { fiveMinutes: atLeast(quota.fiveMinutes, "pt5m"), hour: atLeast(quota.hour, "pt1h") };
}

/**
 * That Azure gives back a window bit by bit, and not at its end, is not verified. Where it is wrong Azure says so by a 429,
 * which slows the bucket.
 */
export function limitsOf({ fiveMinutes, hour }: WriteQuota): Readonly<Record<keyof WriteQuota, CallLimits>> {
  return {
    fiveMinutes: { burst: fiveMinutes, rate: fiveMinutes / 300 },
    hour: { burst: hour, rate: hour / 3_600 },
  };
}

/** Reads of Azure Resource Manager, for a subscription, principal and region (Azure's page on request limits). */
const readLimits: CallLimits = { burst: 250, rate: 25 };
/** Its writes, of the same page. Creations and deletions are fewer than that by far. */
const writeLimits: CallLimits = { burst: 200, rate: 10 };

type Paced = <T>(call: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** Each call behind what Azure counts it in. Shapes and errors: `Limiter.run`. */
export interface ArmBuckets {
  readonly read: Paced;
  readonly create: Paced;
  readonly remove: Paced;
  /** Whatever else is no read: stops, commands. */
  readonly write: Paced;
  /** Milliseconds for which a creation asked for now would wait. */
  creationDelay(): number;
  /** What an answer to a creation tells; deletions are counted alike, and tell nothing. */
  learn(headerOf: (name: string) => string | undefined): void;
}

/** With the usual quotas until an answer tells of others. Who waits in a bucket that is replaced stays there. */
export function createArmBuckets(limiter: ProviderContext["limiter"]): ArmBuckets {
  const reads = limiter(readLimits);
  const writes = limiter(writeLimits);
  let quota = usualQuota;
  let create = writeBucket(limiter, quota);
  let remove = writeBucket(limiter, quota);
  return {
    read: async (call, signal) => reads.run(call, signal),
    create: async (call, signal) => create.run(call, signal),
    remove: async (call, signal) => remove.run(call, signal),
    creationDelay: () => create.delay(),
    write: async (call, signal) => writes.run(call, signal),
    learn(headerOf) {
      const now = learned(quota, headerOf);
      if (isDeepStrictEqual(now, quota)) return;
      quota = now;
      create = writeBucket(limiter, quota);
      remove = writeBucket(limiter, quota);
    },
  };
}

/**
 * The slower window first: whoever waits there holds no token of the other one. What Azure refuses slows the quicker window
 * alone: a bucket that is slowed loses what it holds, and that of an hour would be empty for half of one.
 */
function writeBucket(limiter: ProviderContext["limiter"], quota: WriteQuota): { run: Paced; delay: () => number } {
  const limits = limitsOf(quota);
  const hour: Limiter = limiter(limits.hour);
  const fiveMinutes: Limiter = limiter(limits.fiveMinutes);
  return {
    async run(call, signal) {
      await hour.run(async () => Promise.resolve(), signal);
      return fiveMinutes.run(call, signal);
    },
    delay: () => Math.max(hour.delay(), fiveMinutes.delay()),
  };
}
