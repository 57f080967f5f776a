import { describe, expect, it } from "vitest";
import type { NodeCondition } from "../model/kube.ts";
import { isOurs, metadataPatch, newNode, nodeConditions, type NodeHealth, nodeStatus } from "./node-object.ts";
import { capacity, facts, well } from "./testing.ts";

const now = 1_767_323_045_000;

describe("the Node object", () => {
  it("carries the labels that users, DaemonSets and load balancers look for, and the configuration's on top", () => {
    const labelled = { ...facts, capacity: { ...capacity, labels: { "topology.kubernetes.io/zone": "a" } } };
    expect(newNode(labelled).metadata?.labels).toEqual({
      "kubernetes.io/os": "linux",
      "kubernetes.io/arch": "amd64",
      "kubernetes.io/hostname": "burst",
      "kubernetes.io/role": "agent",
      "node-role.kubernetes.io/agent": "",
      "node.kubernetes.io/instance-type": "burstlet-local",
      "node.kubernetes.io/exclude-from-external-load-balancers": "true",
      type: "virtual-kubelet",
      team: "a",
      "topology.kubernetes.io/zone": "a",
    });
  });

  it("has the provider's taint unless the configuration names others", () => {
    const taint = { key: "virtual-kubelet.io/provider", value: "local", effect: "NoSchedule" };
    expect(newNode(facts).spec?.taints).toEqual([taint]);
    expect(newNode({ ...facts, taints: [] }).spec?.taints).toEqual([]);
  });

  it("is known as ours by its annotation alone", () => {
    expect(isOurs(newNode(facts))).toBe(true);
    expect(isOurs({ metadata: { name: "burst", labels: { type: "virtual-kubelet" } } })).toBe(false);
  });

  it("says where metrics-server finds its figures on a shared port, and takes that back on a port of its own", () => {
    const annotation = "metrics.k8s.io/resource-metrics-path";
    const sharing = { ...facts, resourceMetricsPath: "/nodes/burst/metrics/resource" };
    expect(newNode(sharing).metadata?.annotations).toMatchObject({ [annotation]: "/nodes/burst/metrics/resource" });
    expect(newNode(facts).metadata?.annotations).not.toHaveProperty(annotation);
    expect(metadataPatch(facts).annotations).toMatchObject({ [annotation]: null });
  });

  it("fills every column of kubectl get nodes -o wide", () => {
    expect(nodeStatus({ ...facts, maxPods: 20 })).toMatchObject({
      capacity: { cpu: "4000m", memory: "8388608Ki", "ephemeral-storage": "1073741824Ki", pods: "20" },
      addresses: [{ type: "InternalIP", address: "192.0.2.1" }],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        kubeletVersion: "v1.36.1-burstlet-0.1.0",
        osImage: "Clouds",
        kernelVersion: "6.1",
        containerRuntimeVersion: "cloud://1",
        architecture: "amd64",
        operatingSystem: "linux",
      },
    });
    expect(nodeStatus({ ...facts, address: undefined, maxPods: 500 })).toMatchObject({
      addresses: [],
      capacity: { pods: "110" },
    });
  });
});

describe("conditions of the node", () => {
  const types = (health: NodeHealth) =>
    nodeConditions(health, facts, [], now).conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`);

  it("are those of a healthy kubelet, and the provider's", () => {
    expect(types(well)).toEqual([
      "MemoryPressure False KubeletHasSufficientMemory",
      "DiskPressure False KubeletHasNoDiskPressure",
      "PIDPressure False KubeletHasSufficientPID",
      "NetworkUnavailable False RouteCreated",
      "burstlet.dev/ProviderReady True ProviderReady",
      "burstlet.dev/AddressKnown True AddressConfigured",
      "burstlet.dev/ServingCertificate True SelfSigned",
      "Ready True KubeletReady",
    ]);
  });

  it("stay Ready when a cloud is in trouble: a NotReady node would evict pods that run well", () => {
    const trouble = types({ ...well, providerTrouble: { reason: "CloudAway", message: "no answer" } });
    expect(trouble).toContain("burstlet.dev/ProviderReady False CloudAway");
    expect(trouble).toContain("Ready True KubeletReady");
    expect(types({ ...well, notReady: { reason: "Starting", message: "soon" } })).toContain("Ready False Starting");
  });

  it("tell that nobody finds a node without an address, and how to mend it, and leave the node Ready", () => {
    const { conditions } = nodeConditions(well, { address: undefined }, [], now);
    expect(conditions.find(({ type }) => type === "burstlet.dev/AddressKnown")).toMatchObject({
      status: "False",
      reason: "NoAddress",
      message: expect.stringMatching(/kubectl logs.*nodes\[\]\.address/),
    });
    expect(conditions.find(({ type }) => type === "Ready")?.status).toBe("True");
  });

  it("tell that the kubelet port has no certificate of the cluster yet, and leave the node Ready", () => {
    const waiting = types({ ...well, serving: { fits: false, reason: "Pending", message: "approve it" } });
    expect(waiting).toContain("burstlet.dev/ServingCertificate False Pending");
    expect(waiting).toContain("Ready True KubeletReady");
  });

  it("keep the time of their last change and say whether anything but the heartbeat is new", () => {
    const first = nodeConditions(well, facts, [], now);
    expect(first.changed).toBe(true);
    const later = nodeConditions(well, facts, first.conditions, now + 60_000);
    expect(later.changed).toBe(false);
    expect(later.conditions.every((one) => one.lastTransitionTime === "2026-01-02T03:04:05Z")).toBe(true);
    expect(later.conditions.every((one) => one.lastHeartbeatTime === "2026-01-02T03:05:05Z")).toBe(true);
  });

  it.for<[string, Partial<NodeCondition>]>([
    ["status", { status: "Unknown" }],
    ["reason", { reason: "NodeStatusUnknown" }],
    ["message", { message: "Kubelet stopped posting node status." }],
  ])("are news when somebody else wrote another %s", ([, other]) => {
    const before = nodeConditions(well, facts, [], now).conditions.map((one) =>
      one.type === "Ready" ? { ...one, ...other } : one,
    );
    expect(nodeConditions(well, facts, before, now).changed).toBe(true);
  });
});
