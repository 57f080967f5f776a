import type { TestCluster } from "../../support/cluster.ts";

const rbac = "rbac.authorization.k8s.io";

/** A ServiceAccount of its own, so that its requests can be told apart. It may do everything, as its own charts have it. */
export async function peerIdentity(cluster: TestCluster, name: string): Promise<string> {
  const account = { kind: "ServiceAccount", name, namespace: "peers" };
  await cluster.apply([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "peers" } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: "peers" } },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: `bench-${name}` },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "cluster-admin" },
      subjects: [account],
    },
  ]);
  return cluster.kubeconfigOf("peers", name);
}
