import { LRUCache } from "lru-cache";
import { type Clock, parseTime } from "../model/clock.ts";
import type { NetworkPolicy } from "../model/kube.ts";
import type { Cluster } from "./cluster.ts";
import { calls } from "./rest/calls.ts";
import type { Rest } from "./rest/rest.ts";

interface List {
  readonly items?: readonly NetworkPolicy[];
}

/** `readAt`: by the API server's clock, whole seconds; 0 when unknown. */
type Listed = { readonly items: readonly NetworkPolicy[]; readonly readAt: number } | { readonly error: unknown };

const ttlMs = 30_000;
const mostNamespaces = 1000;

/** A missing right is not asked for again by each pod of a burst. */
const failureTtlMs = 5_000;

/** Rejects as Rest does. */
export function createNetworkPolicies(rest: Rest, clock: Clock): Cluster["networkPolicies"] {
  const cache = new LRUCache<string, Listed>({
    max: mostNamespaces,
    ttl: ttlMs,
    // lru-cache takes a start of 0 for "no TTL", and a monotonic clock may begin there.
    perf: { now: () => clock.monotonic() + 1 },
    ttlResolution: 0,
    fetchMethod: async (namespace, _, { options }) => {
      try {
        const { object, date = 0 } = await rest.sendForAnswer<List>(calls.listNetworkPolicies, { namespace });
        return { items: object.items ?? [], readAt: date };
      } catch (error) {
        options.ttl = failureTtlMs;
        return { error };
      }
    },
  });
  return async (namespace, newerThan) => {
    const known = cache.get(namespace);
    const since = parseTime(newerThan) ?? Number.NEGATIVE_INFINITY;
    // Both times are whole seconds of the API server's clock: only a later second is surely later.
    const forceRefresh = known !== undefined && "items" in known && known.readAt <= since;
    const listed = await cache.fetch(namespace, { forceRefresh });
    if (listed !== undefined && "error" in listed) throw listed.error;
    return listed?.items ?? [];
  };
}
