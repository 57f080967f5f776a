import { burstletIdentity } from "../../support/burstlet.ts";
import { startCluster } from "../../support/cluster.ts";
import { namespaceAddress } from "../../support/namespace.ts";
import { writeNote } from "./running-demo.ts";
import type { Stage } from "./stage.ts";

/**
 * A control plane of the demo's own, which goes with it. `trouble`: why this machine has no network namespace for it.
 * `speaks`: a pod whose logs are worth reading, as kubectl takes it.
 */
export async function startFreshCluster(
  folder: string,
  trouble: string | undefined,
  { nodes, speaks }: { readonly nodes: readonly string[]; readonly speaks: string },
): Promise<Stage> {
  const address = namespaceAddress();
  const cluster = await startCluster({ bind: address });
  const identity = await burstletIdentity(cluster);
  writeNote(folder, cluster.kubeconfig);
  const logs = address === undefined ? [] : [`  npm run kubectl -- logs ${speaks}`];
  // The node's network is of this process alone.
  const inside = `  nsenter --net=/proc/${process.pid}/ns/net wget -qO- http://IP:8080`;
  const reach =
    address === undefined ? [] : ["Pods with an HTTP server answer inside the demo's network only:", inside];
  return {
    cluster,
    namespace: "default",
    address,
    isRoot: address !== undefined,
    identity,
    limits:
      address === undefined
        ? [`The node has no address, so kubectl logs does not work: that needs root (${trouble}).`]
        : [],
    hints: [
      "In another terminal, in this folder:",
      "  npm run kubectl -- get pods -o wide",
      ...logs,
      `  npm run kubectl -- describe node ${nodes[0]}`,
      ...reach,
    ],
    async apply(file) {
      await cluster.kubectl("apply", "-f", file);
    },
    clear: () => Promise.resolve(),
    leave: () => cluster.stop(),
  };
}
