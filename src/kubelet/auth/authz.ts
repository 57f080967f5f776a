import { LRUCache } from "lru-cache";

import type { Cluster, NodeAccess, UserInfo } from "../../cluster/cluster.ts";
import type { Clock } from "../../provider.ts";
import type { AccessSettings } from "./settings.ts";

/** As apiserver's webhook authorizer: entries, and the length of attributes beyond which nothing is remembered. */
const remembered = 8192;
const longestRemembered = 10_000;

export type Authorize = (user: UserInfo, access: NodeAccess) => Promise<boolean>;

/** SubjectAccessReview with a memory. Rejects when the API server gives no answer; that is not remembered. */
export function authorizer(
  reviewer: Pick<Cluster, "reviewAccess">,
  { mode, allowMemoryMs, denyMemoryMs }: Pick<AccessSettings, "mode" | "allowMemoryMs" | "denyMemoryMs">,
  clock: Clock,
): Authorize {
  if (mode === "AlwaysAllow") return () => Promise.resolve(true);
  const memory = new LRUCache<string, boolean>({
    max: remembered,
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
    const ttl = allowed ? allowMemoryMs : denyMemoryMs;
    // The cache takes a TTL of 0 for no end.
    if (key.length <= longestRemembered && ttl > 0) memory.set(key, allowed, { ttl });
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
