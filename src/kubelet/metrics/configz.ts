import type { Configuration, NodeConfiguration } from "../../config/schema.ts";

/** What a reader of `/configz` may learn. No secret is among it: paths of key files, but no keys. */
export interface NodeSettings {
  readonly node: Pick<NodeConfiguration, "address" | "maxPods" | "clusterDNS" | "clusterDomain">;
  readonly taints: readonly { readonly key: string; readonly value?: string | undefined; readonly effect: string }[];
  readonly process: Pick<Configuration, "kubelet" | "configMapAndSecretChangeDetectionStrategy">;
}

/**
 * The configuration in the kubelet's terms (kubelet.config.k8s.io/v1beta1), with the fields that are true of this node
 * and no others. The fixed ones are those of `src/node/lease.ts` and `src/node/node-object.ts`.
 */
export function configz({ node, taints, process }: NodeSettings, port: number | undefined): object {
  const { sharePort: _, ...kubelet } = process.kubelet;
  return {
    kubeletconfig: {
      kind: "KubeletConfiguration",
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      enableServer: true,
      ...kubelet,
      address: kubelet.address ?? node.address,
      port,
      registerNode: true,
      registerWithTaints: taints,
      nodeLeaseDurationSeconds: 40,
      nodeStatusReportFrequency: "5m0s",
      clusterDomain: node.clusterDomain,
      clusterDNS: node.clusterDNS,
      maxPods: node.maxPods,
      configMapAndSecretChangeDetectionStrategy: process.configMapAndSecretChangeDetectionStrategy,
    },
  };
}
