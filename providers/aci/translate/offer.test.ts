import { describe, expect, test } from "vitest";
import { podOf, podWith } from "../../../test/support/resolve-sources.ts";
import type { Pod } from "../../../src/provider.ts";
import { inSubnet, type Options, propertiesOf, refusalsOf, requestOf, translated } from "./testing.ts";

const policy = Buffer.from("package policy").toString("base64");
const annotated = (annotations: Record<string, string>, pod: Pod = podOf({})): Pod => ({
  ...pod,
  metadata: {
    ...pod.metadata,
    annotations: Object.fromEntries(
      Object.entries(annotations).map(([key, value]) => [`aci.burstlet.dev/${key}`, value]),
    ),
  },
});
const asking = (requests: Record<string, string>): Pod => podWith({ resources: { requests } });
const spot = { priority: "Spot" };
const withPorts = podWith({ ports: [{ containerPort: 80 }] });

describe("a Spot group", () => {
  test("is what its pod asks for, in regions that have any", async () => {
    const config = { locations: ["northeurope", "westeurope", "eastus2"] };
    const { group, places } = await requestOf(annotated(spot), { config });
    expect(group.properties).toMatchObject({ sku: "Standard", priority: "Spot" });
    expect(places).toEqual([{ location: "westeurope" }, { location: "eastus2" }]);
  });

  test.for<[what: string, pod: Pod, options: Options, sentence: string]>([
    ["in a virtual network", annotated(spot), { config: inSubnet }, "cannot be in a virtual network"],
    ["with ports", annotated(spot, withPorts), {}, "has no address"],
    ["that is Confidential", annotated({ ...spot, sku: "Confidential" }), {}, "cannot be Confidential"],
    ["in a zone", annotated({ ...spot, zone: "1" }), {}, "cannot be in a zone"],
    ["elsewhere", annotated(spot), { config: { locations: ["uksouth"] } }, "the node has uksouth"],
    ["of more than 4 vCPU", annotated(spot, asking({ cpu: "4.5" })), {}, "a Spot group has at most 4 and 16"],
    ["of more than 16 GB", annotated(spot, asking({ memory: "16.1G" })), {}, "a Spot group has at most 4 and 16"],
  ])("%s is refused", async ([, pod, options, sentence]) => {
    expect(await refusalsOf(pod, options)).toEqual([expect.stringContaining(sentence)]);
  });

  test("that cannot be has every reason", async () => {
    const pod = annotated({ ...spot, sku: "Confidential", zone: "1" }, asking({ cpu: "5" }));
    expect(await refusalsOf(pod, { config: inSubnet })).toHaveLength(4);
  });
});

describe("a Confidential group", () => {
  test("is what its pod asks for, with its policy", async () => {
    expect(await propertiesOf(annotated({ sku: "Confidential" }))).toMatchObject({ sku: "Confidential" });
    const { confidentialComputeProperties, sku } = await propertiesOf(annotated({ "cce-policy": policy }));
    expect(sku).toBe("Confidential");
    expect(confidentialComputeProperties).toEqual({ ccePolicy: policy });
  });

  test.for<[what: string, pod: Pod, sentence: string]>([
    ["of more than 180 GB", annotated({ sku: "Confidential" }, asking({ memory: "181G" })), "has at most 31 and 180"],
    ["whose policy is empty", annotated({ "cce-policy": "" }), "Expected a policy in base64"],
    ["whose policy is no base64", annotated({ "cce-policy": "package policy" }), "Expected a policy in base64"],
    [
      "that is Standard",
      annotated({ sku: "Standard", "cce-policy": policy }),
      "Only a Confidential group has a policy",
    ],
    ["of another kind", annotated({ sku: "Dedicated" }), "Expected Standard or Confidential"],
  ])("%s is refused", async ([, pod, sentence]) => {
    expect(await refusalsOf(pod)).toEqual([expect.stringContaining(sentence)]);
  });
});

describe("a zone", () => {
  test("is one, also in a virtual network", async () => {
    expect((await requestOf(annotated({ zone: "2" }))).group.zones).toEqual(["2"]);
    expect((await requestOf(annotated({ zone: "2" }), { config: inSubnet })).group.zones).toEqual(["2"]);
    expect((await requestOf(podOf({}))).group).not.toHaveProperty("zones");
    expect(await refusalsOf(annotated({ zone: "1,2" }))).toEqual([expect.stringContaining("one availability zone")]);
  });
});

test("a price is known of the Standard offer alone", async () => {
  const config = { prices: { vcpu: 1, memory: 1 } };
  const priceOf = async (annotations: Record<string, string>) =>
    (await translated(annotated(annotations), { config })) as { hourlyUsd?: number };
  expect(await priceOf({})).toHaveProperty("hourlyUsd");
  expect(await priceOf({ sku: "Standard", priority: "Regular" })).toHaveProperty("hourlyUsd");
  expect(await priceOf(spot)).not.toHaveProperty("hourlyUsd");
  expect(await priceOf({ sku: "Confidential" })).not.toHaveProperty("hourlyUsd");
});
