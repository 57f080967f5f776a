/**
 * Names of durable executions. A name is Lambda's idempotency key, unique in account and region, of at most 64 characters
 * `[a-zA-Z0-9-_]`; ours has everything by which an execution is known again. Pure.
 */
import { createHash } from "node:crypto";
import type { ProviderContext, TaskIdentity } from "../../../src/provider.ts";

export interface Names {
  of(identity: TaskIdentity): string;
  /** Whose execution it is; `undefined`: none of this cluster and node. */
  read(name: string): TaskIdentity | undefined;
}

const form = /^(?<podUid>.+)-(?<attempt>\d+)-(?<mark>[0-9a-f]{16})$/;

export function createNames({ clusterUid, nodeName }: Pick<ProviderContext, "clusterUid" | "nodeName">): Names {
  const own = createHash("sha256")
    .update(JSON.stringify([clusterUid, nodeName]))
    .digest("hex")
    .slice(0, 16);
  return {
    of: ({ podUid, attempt }) => `${podUid}-${attempt}-${own}`,
    read(name) {
      const { podUid, attempt, mark } = form.exec(name)?.groups ?? {};
      if (podUid === undefined || mark !== own) return undefined;
      return { clusterUid, podUid, attempt: Number(attempt) };
    },
  };
}
