/** What kubectl top tells, which it has from metrics-server. */
import type { ClusterClient } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";

/** Its rows, word by word; none where nothing is told yet. */
export async function top({ kubectl }: ClusterClient, ...words: readonly string[]): Promise<string[][]> {
  const text = await kubectl("top", ...words, "--no-headers").catch(() => "");
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => line.split(/\s+/));
}

/** The row of a node. A pod that is young is told after one scrape, a node after two. */
export async function topOfNode(cluster: ClusterClient, node: string): Promise<string[]> {
  return eventually(`node ${node} is measured`, async () =>
    (await top(cluster, "nodes", node)).find(([, cores]) => /^\d/.test(cores ?? "")),
  );
}
