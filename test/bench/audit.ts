/** What the node processes ask of the API server, counted by the API server itself in its audit log. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { countWrites, type Writes } from "./measure.ts";

/** A user of its own for each program tells its requests from the scheduler's and everybody else's. */
export const users = {
  burstlet: "system:serviceaccount:burstlet:burstlet",
  "burstlet-fargate": "system:serviceaccount:burstlet:burstlet",
  "burstlet-lambda": "system:serviceaccount:burstlet:burstlet",
  "virtual-kubelet": "system:serviceaccount:peers:virtual-kubelet",
  kwok: "system:serviceaccount:peers:kwok",
} as const;

export interface Audit {
  /** Arguments of `controlplane up`. */
  readonly args: readonly string[];
  /** Remembers this place in the log. */
  mark(): number;
  /** Writes of a user since a mark. Its own lease and node are left out: they cost the same with no pod at all. */
  since(mark: number, user: string): Writes;
  /** Resolves when this user has written nothing about pods for `quietMs`. */
  quiet(user: string, quietMs: number): Promise<void>;
}

export function prepareAudit(folder: string): Audit {
  const policy = join(folder, "audit-policy.json");
  const log = join(folder, "audit.log");
  const rule = { level: "Metadata", users: Object.values(users), omitStages: ["RequestReceived", "ResponseStarted"] };
  writeFileSync(
    policy,
    JSON.stringify({ apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [rule, { level: "None" }] }),
  );
  const text = () => (existsSync(log) ? readFileSync(log, "utf8") : "");
  const since = (mark: number, user: string) => countWrites(text().slice(mark), user);
  return {
    // The default mode blocks, so that no line is dropped or late.
    args: [
      `--apiserver-arg=--audit-policy-file=${policy}`,
      `--apiserver-arg=--audit-log-path=${log}`,
      // Megabytes. A rotated file would take the lines behind a mark away.
      "--apiserver-arg=--audit-log-maxsize=4000",
    ],
    // The last line may be half written.
    mark: () => text().lastIndexOf("\n") + 1,
    since,
    async quiet(user, quietMs) {
      const start = text().lastIndexOf("\n") + 1;
      for (let seen = -1, now = since(start, user); now.total !== seen; now = since(start, user)) {
        seen = now.total;
        await sleep(quietMs);
      }
    },
  };
}
