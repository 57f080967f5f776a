import { expect, it } from "vitest";
import { kubeletSchema } from "../../config/fields/kubelet.ts";
import { configz, type NodeSettings } from "./configz.ts";

it("/configz shows the configuration in the kubelet's shape, and nothing that a kubelet would not know", () => {
  const settings: NodeSettings = {
    node: { address: "10.0.0.7", maxPods: 50, clusterDNS: ["10.96.0.10"], clusterDomain: "cluster.local" },
    taints: [{ key: "virtual-kubelet.io/provider", value: "local", effect: "NoSchedule" }],
    process: {
      kubelet: kubeletSchema.parse({ sharePort: true }),
      configMapAndSecretChangeDetectionStrategy: "Watch",
    },
  };
  expect(configz(settings, 10_250)).toEqual({
    kubeletconfig: {
      kind: "KubeletConfiguration",
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      enableServer: true,
      address: "10.0.0.7",
      port: 10_250,
      readOnlyPort: 0,
      authentication: { anonymous: { enabled: false }, webhook: { enabled: true, cacheTTL: "2m" }, x509: {} },
      authorization: { mode: "Webhook", webhook: { cacheAuthorizedTTL: "5m", cacheUnauthorizedTTL: "30s" } },
      serverTLSBootstrap: false,
      registerNode: true,
      registerWithTaints: [{ key: "virtual-kubelet.io/provider", value: "local", effect: "NoSchedule" }],
      nodeLeaseDurationSeconds: 40,
      nodeStatusReportFrequency: "5m0s",
      clusterDomain: "cluster.local",
      clusterDNS: ["10.96.0.10"],
      maxPods: 50,
      configMapAndSecretChangeDetectionStrategy: "Watch",
    },
  });
});
