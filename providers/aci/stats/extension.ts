/**
 * The extension of a container group that tells what its containers use. Type, version, port and path are those that
 * virtual-kubelet/azure-aci uses (pkg/client/extensions.go, pkg/metrics/real_time.go); Azure documents none of them.
 */
import type { ExtensionBody } from "../request.ts";

export const realtimeMetrics: ExtensionBody = {
  name: "realtime-metrics",
  properties: { extensionType: "realtime-metrics", version: "1.0", settings: {}, protectedSettings: {} },
};

/** Of the group's address. Whoever reaches it may ask: there is no login. */
export const metricsPort = 18_899;
export const metricsPath = "/v1/stats";
