import { describe, expect, test } from "vitest";
import { podOf, podWith } from "../../../../test/support/resolve-sources.ts";
import { inSubnet, propertiesOf, refusalsOf } from "../../translate/testing.ts";

describe("usage", () => {
  const stats = { ...inSubnet, stats: true };

  test("is asked of Azure's extension where the configuration says so, but of a Confidential group", async () => {
    expect(await propertiesOf(podOf({}), { config: inSubnet })).not.toHaveProperty("extensions");
    const { extensions } = await propertiesOf(podOf({}), { config: stats });
    expect(extensions).toEqual([
      {
        name: "realtime-metrics",
        properties: { extensionType: "realtime-metrics", version: "1.0", settings: {}, protectedSettings: {} },
      },
    ]);
    const confidential = podOf({}, { annotations: { "aci.burstlet.dev/sku": "Confidential" } });
    expect(await propertiesOf(confidential, { config: stats })).not.toHaveProperty("extensions");
  });

  test("takes a port of the group, which a pod then cannot have", async () => {
    const pod = podWith({ ports: [{ containerPort: 18_899 }] });
    expect(await refusalsOf(pod, { config: inSubnet })).toEqual([]);
    expect(await refusalsOf(pod, { config: stats })).toEqual([
      "spec.containers[0].ports (18899): Azure keeps port 18899 of a group for itself: use another one.",
    ]);
  });
});
