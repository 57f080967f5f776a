import { LRUCache } from "lru-cache";
import type { Clock } from "../model/clock.ts";
import type { NetworkPolicy } from "../model/kube.ts";
import type { Cluster } from "./cluster.ts";
import { calls } from "./rest/calls.ts";
import type { Rest } from "./rest/rest.ts";

type Listed = { readonly items: readonly NetworkPolicy[] } | { readonly error: unknown };

/** A policy is made before the pods that it is to protect, or it protects nothing for a while on any node. */
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
        const list = await rest.send<{ items?: readonly NetworkPolicy[] }>(calls.listNetworkPolicies, { namespace });
        return { items: list.items ?? [] };
      } catch (error) {
        options.ttl = failureTtlMs;
        return { error };
      }
    },
  });
  return async (namespace) => {
    const listed = await cache.fetch(namespace);
    if (listed !== undefined && "error" in listed) throw listed.error;
    return listed?.items ?? [];
  };
}
