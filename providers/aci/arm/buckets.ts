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

/** How much an answer says is left in each window after its call. Pure. */
export function leftIn(headerOf: (name: string) => string | undefined): Partial<WriteQuota> {
  const left = (window: string): number => Number(headerOf(`${header}${window}`) ?? Number.NaN);
  const told = { fiveMinutes: left("pt5m"), hour: left("pt1h") };
  return Object.fromEntries(Object.entries(told).filter(([, count]) => Number.isInteger(count) && count >= 0));
}

/** The whole is one more than what is left after a call, at least. Pure. */
export function learned(quota: WriteQuota, left: Partial<WriteQuota>): WriteQuota {
  const atLeast = (known: number, count = -1): number => (count >= known ? count + 1 : known);
  return { fiveMinutes: atLeast(quota.fiveMinutes, left.fiveMinutes), hour: atLeast(quota.hour, left.hour) };
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
      const left = leftIn(headerOf);
      const now = learned(quota, left);
      if (!isDeepStrictEqual(now, quota)) {
        quota = now;
        create = writeBucket(limiter, quota);
        remove = writeBucket(limiter, quota);
      }
      // Less than was thought: others create too, or an earlier burstlet has. Calls that are under way lower what later
      // answers tell.
      create.atMost(left);
    },
  };
}

interface WriteBucket {
  readonly run: Paced;
  delay(): number;
  /** So many calls are left in each window that is told of. */
  atMost(left: Partial<WriteQuota>): void;
}

/**
 * The slower window first: whoever waits there holds no token of the other one. What Azure refuses slows the quicker window
 * alone: a bucket that is slowed loses what it holds, and that of an hour would be empty for half of one.
 */
function writeBucket(limiter: ProviderContext["limiter"], quota: WriteQuota): WriteBucket {
  const limits = limitsOf(quota);
  const hour: Limiter = limiter(limits.hour);
  const fiveMinutes: Limiter = limiter(limits.fiveMinutes);
  return {
    async run(call, signal) {
      await hour.run(async () => Promise.resolve(), signal);
      return fiveMinutes.run(call, signal);
    },
    delay: () => Math.max(hour.delay(), fiveMinutes.delay()),
    atMost(left) {
      if (left.hour !== undefined) hour.atMost(left.hour);
      if (left.fiveMinutes !== undefined) fiveMinutes.atMost(left.fiveMinutes);
    },
  };
}
