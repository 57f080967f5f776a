/**
 * The extension of a container group that tells what its containers use. Type, version, port and path are those that
 * virtual-kubelet/azure-aci uses (pkg/client/extensions.go, pkg/metrics/real_time.go); Azure documents none of them.
 */
import type { ContainerGroup } from "../../groups/shapes.ts";
import type { ExtensionBody } from "../../request.ts";

const extensionType = "realtime-metrics";

export const realtimeMetrics: ExtensionBody = {
  name: extensionType,
  properties: { extensionType, version: "1.0", settings: {}, protectedSettings: {} },
};

/** Of the group's address. Whoever reaches it may ask: there is no login. */
export const metricsPort = 18_899;
export const metricsPath = "/v1/stats";

/** By what Azure tells of the group: that it does tell of extensions is in its types, and in no recording. */
export function hasExtension({ properties }: ContainerGroup): boolean {
  return (properties?.extensions ?? []).some((one) => one.properties?.extensionType === extensionType);
}
