import { LRUCache } from "lru-cache";
import { parseTime, type Clock } from "../model/clock.ts";
import { ApiError } from "./cluster.ts";
import type { Call } from "./rest/calls.ts";
import { isMissingRight, permissionFix } from "./rest/health.ts";
import type { Rest } from "./rest/rest.ts";
import { trim } from "./watch/trim.ts";

/** ConfigMaps, Secrets and the like by name, each read when it is asked for; there is no list or watch of them anywhere. */
export interface References<T> {
  /** `undefined`: it does not exist. An empty namespace: of the cluster. Rejects as Rest does; failures are not remembered. */
  get(namespace: string, name: string, newerThan?: string): Promise<T | undefined>;
}

export interface CachedReferences<T> extends References<T> {
  /** As `get`, but read now, whatever copy there is. */
  fresh(namespace: string, name: string): Promise<T | undefined>;
}

/** The kubelet's cache keeps them for a minute as well; jittered, so that many are not read again at once. */
const ttlMs = { least: 45_000, most: 75_000 };
/** Short, so that a pod which waits for its ConfigMap starts soon after it appears. */
const absentTtlMs = 2_000;
/** Of JSON text; an object is at most about 1.5 MB (etcd's limit). */
const maxBytes = 32 * 1024 * 1024;

interface Copy<T> {
  readonly object: T | undefined;
  readonly bytes: number;
  /** By the API server's clock, whole seconds; 0 when unknown. */
  readonly readAt: number;
}

export function createReferences<T extends { metadata?: object }>(
  call: Call,
  rest: Rest,
  clock: Clock,
  random: () => number,
): CachedReferences<T> {
  const cache = new LRUCache<string, Copy<T>>({
    maxSize: maxBytes,
    sizeCalculation: (copy) => copy.bytes + 1,
    ttl: ttlMs.most,
    // lru-cache takes a start of 0 for "no TTL", and a monotonic clock may begin there.
    perf: { now: () => clock.monotonic() + 1 },
    ttlResolution: 0,
    fetchMethod: async (key, _, { options }) => {
      const [namespace, name] = key.split("/");
      const copy = await read<T>(call, rest, { namespace: namespace === "" ? undefined : namespace, name });
      const spread = ttlMs.least + random() * (ttlMs.most - ttlMs.least);
      options.ttl = copy.object === undefined ? absentTtlMs : spread;
      return copy;
    },
  });

  return {
    async get(namespace, name, newerThan) {
      const key = `${namespace}/${name}`;
      const known = cache.get(key);
      // Both times are whole seconds of the API server's clock: only a later second is surely later.
      const old = known !== undefined && known.readAt <= (parseTime(newerThan) ?? Number.NEGATIVE_INFINITY);
      return (await cache.fetch(key, { forceRefresh: old }))?.object;
    },
    fresh: async (namespace, name) => (await cache.fetch(`${namespace}/${name}`, { forceRefresh: true }))?.object,
  };
}

async function read<T extends { metadata?: object }>(
  call: Call,
  rest: Rest,
  target: { namespace: string | undefined; name: string | undefined },
): Promise<Copy<T>> {
  try {
    const { object, bytes, date } = await rest.sendForAnswer<T>(call, target);
    return { object: trim(object), bytes, readAt: date ?? 0 };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 404) return { object: undefined, bytes: 0, readAt: 0 };
    throw error.status === 403 && isMissingRight(error) ? withFix(error, call) : error;
  }
}

/** Events of pods tell it, and their readers do not see burstlet's log. */
function withFix({ status, reason, message, retryAfter }: ApiError, call: Call): ApiError {
  return new ApiError(status, reason, `${message}. To give this right: ${permissionFix(call)}`, retryAfter);
}
