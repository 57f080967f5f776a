import { LRUCache } from "lru-cache";

import type { Cluster, NodeAccess, UserInfo } from "../../cluster/cluster.ts";
import type { Clock } from "../../provider.ts";

/** The kubelet's defaults for authorization.webhook.cache{Authorized,Unauthorized}TTL. */
const allowMemoryMs = 5 * 60_000;
const denyMemoryMs = 30_000;
/** As apiserver's webhook authorizer: entries, and the length of attributes beyond which nothing is remembered. */
const remembered = 8192;
const longestRemembered = 10_000;

export type Authorize = (user: UserInfo, access: NodeAccess) => Promise<boolean>;

/** SubjectAccessReview with a memory. Rejects when the API server gives no answer; that is not remembered. */
export function authorizer(reviewer: Pick<Cluster, "reviewAccess">, clock: Clock): Authorize {
  const memory = new LRUCache<string, boolean>({
    max: remembered,
    ttl: allowMemoryMs,
    perf: { now: () => clock.monotonic() },
    ttlResolution: 0,
  });
  return async (user, access) => {
    const key = JSON.stringify([
      user.username,
      user.uid,
      user.groups,
      user.extra,
      access.verb,
      access.nodeName,
      access.subresource,
    ]);
    const known = memory.get(key);
    if (known !== undefined) return known;
    const { allowed } = await reviewer.reviewAccess(user, access);
    if (key.length <= longestRemembered) memory.set(key, allowed, { ttl: allowed ? allowMemoryMs : denyMemoryMs });
    return allowed;
  };
}

const verbs: Readonly<Record<string, string>> = {
  GET: "get",
  // The kubelet's code gives HEAD no verb; its documentation says get.
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** The verb of a request. Other methods are their own verb, which no role grants but `*`. */
export function verbOf(method: string): string {
  return verbs[method] ?? method.toLowerCase();
}
