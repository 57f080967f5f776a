/** A control plane for one run of the benchmark, and what measures it; all of it is gone afterwards. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCluster } from "../support/cluster.ts";
import { type Audit, prepareAudit } from "./audit.ts";
import { openClient } from "./client.ts";
import type { Arena } from "./sides/side.ts";

/** `address`: where servers of the run may listen besides loopback. `args`: more of `controlplane up`. */
export async function inArena<T>(
  address: string | undefined,
  args: readonly string[],
  work: (arena: Arena, audit: Audit) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "burstlet-bench-"));
  const audit = prepareAudit(folder);
  const cluster = await startCluster({ bind: address, args: [...audit.args, ...args] });
  const client = openClient(cluster.kubeconfig);
  try {
    return await work({ cluster, client, address: address ?? "127.0.0.1" }, audit);
  } finally {
    await client.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
