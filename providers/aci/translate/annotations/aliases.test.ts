import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { podOf } from "../../../../test/support/resolve-sources.ts";
import type { Pod } from "../../../../src/provider.ts";
import { identity, inSubnet, type Options, refusalsOf, requestOf, subnet } from "../testing.ts";
import { aliases } from "./aliases.ts";

const node = "microsoft.containerinstance.virtualnode";
const policy = Buffer.from("package policy").toString("base64");
const with80 = { containers: [{ name: "main", image: "a", ports: [{ containerPort: 80 }] }] };
const annotated = (annotations: Record<string, string>, spec: Pod["spec"] | object = {}): Pod =>
  podOf(spec, { annotations });
const granted: Options = { grants: [{ namespace: "ns", allow: ["*"] }] };

describe("a pod that comes from elsewhere", () => {
  test.for<[name: string, value: string, group: object]>([
    ["virtual-kubelet.io/container-sku", "confidential", { properties: { sku: "Confidential" } }],
    [
      "virtual-kubelet.io/confidential-compute-cce-policy",
      policy,
      { properties: { sku: "Confidential", confidentialComputeProperties: { ccePolicy: policy } } },
    ],
    [`${node}.ccepolicy`, policy, { properties: { confidentialComputeProperties: { ccePolicy: policy } } }],
    [`${node}.identity`, identity("a"), { identity: { userAssignedIdentities: { [identity("a")]: {} } } }],
    [`${node}.zones`, "2;", { zones: ["2"] }],
    [`${node}.injectkubeproxy`, "false", {}],
    [`${node}.injectdns`, "false", {}],
    [`${node}.injectdns`, "true", {}],
  ])("and says %s: %s has what it means", async ([name, value, group]) => {
    expect((await requestOf(annotated({ [name]: value }), granted)).group).toMatchObject(group);
  });

  test("has its name in DNS and its subnet", async () => {
    const named = annotated({ "virtualkubelet.io/dnsnamelabel": "my-app" }, with80);
    expect((await requestOf(named)).group.properties.ipAddress).toMatchObject({ dnsNameLabel: "my-app" });
    const placed = annotated({ [`${node}.subnets.primary`]: subnet("own") });
    expect((await requestOf(placed, { ...granted, config: inSubnet })).places).toMatchObject([
      { subnet: subnet("own") },
    ]);
  });

  test.for<[name: string, value: string, sentence: string]>([
    ["virtual-kubelet.io/gpu-type", "K80", "no GPUs"],
    [`${node}.identity`, identity("a"), "No grant"],
    [`${node}.zones`, "1;2", "one availability zone"],
    [`${node}.injectkubeproxy`, "true", "translates ClusterIPs"],
    [`${node}.imagecachepod`, "true", "no standby pools"],
    [`${node}.customtags`, "a=b", "burstlet's own tags alone"],
    [`${node}.cmk.vaulturi`, "https://v", "keys of Azure's own"],
    [`${node}.ccpolicy`, policy, "mean something here"],
  ])("and says %s: %s is refused under that name", async ([name, value, sentence]) => {
    expect(await refusalsOf(annotated({ [name]: value }))).toEqual([
      expect.stringMatching(new RegExp(`^metadata\\.annotations\\[${name.replaceAll(".", "\\.")}\\]: .*${sentence}`)),
    ]);
  });

  test("and wants Azure's resolver is told how to ask for it, where the node gives another", async () => {
    const options = { config: inSubnet, node: { clusterDNS: ["10.0.0.10"] } };
    const pod = (dnsPolicy: string) => annotated({ [`${node}.injectdns`]: "false" }, { dnsPolicy });
    expect(await refusalsOf(pod("ClusterFirst"), options)).toEqual([expect.stringContaining("dnsPolicy: Default")]);
    expect(await refusalsOf(pod("Default"), options)).toEqual([]);
  });

  test("may say a thing twice, but not two things", async () => {
    const twice = (own: string) => annotated({ "aci.burstlet.dev/cce-policy": own, [`${node}.ccepolicy`]: policy });
    expect(await refusalsOf(twice(policy))).toEqual([]);
    expect(await refusalsOf(twice(Buffer.from("other").toString("base64")))).toEqual([
      expect.stringContaining(`another thing than ${node}.ccepolicy`),
    ]);
  });

  test("keeps what is meant for others", async () => {
    expect(await refusalsOf(annotated({ "virtual-kubelet.io/other": "x", "example.com/a": "b" }))).toEqual([]);
  });
});

test("the page has a row for each of them", async () => {
  const page = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `((?:virtual|microsoft)[\w./-]+)` \|/gm)].map(([, name]) => name);
  expect(rows.filter((name) => !name?.includes(".cmk.")).toSorted()).toEqual(Object.keys(aliases).toSorted());
});
