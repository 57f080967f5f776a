/** What the Node object of a virtual node looks like. Pure. */
import {
  addressKnownCondition,
  nodeOwnerAnnotation,
  providerReadyCondition,
  providerTaint,
  resourceMetricsPathAnnotation,
  servingCertificateCondition,
} from "../model/annotations.ts";
import { rfc3339 } from "../model/clock.ts";
import type { Node, NodeCondition, Taint } from "../model/kube.ts";
import type { Capacity } from "../provider.ts";

/** Everything about one virtual node that is known before it registers. */
export interface NodeFacts {
  readonly name: string;
  readonly provider: string;
  readonly clusterUid: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `undefined`: the default taint alone. */
  readonly taints?:
    | readonly { readonly key: string; readonly value?: string | undefined; readonly effect: string }[]
    | undefined;
  readonly address?: string | undefined;
  /** Port of the kubelet API. */
  readonly port: number;
  /** Path of the usage figures where it is not the usual one. */
  readonly resourceMetricsPath?: string | undefined;
  readonly maxPods?: number | undefined;
  /** A semver that begins with the API server's version, e.g. `v1.36.1-burstlet-0.1.0`. */
  readonly version: string;
  readonly capacity: Capacity;
  /** `undefined`: the field is left alone. */
  readonly declaredFeatures?: readonly string[] | undefined;
}

/** Labels that belong to the node whatever the configuration says. */
function fixedLabels(facts: NodeFacts): Record<string, string> {
  return {
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": facts.capacity.architecture,
    "kubernetes.io/hostname": facts.name,
    "kubernetes.io/role": "agent",
    "node-role.kubernetes.io/agent": "",
    "node.kubernetes.io/instance-type": `burstlet-${facts.provider}`,
    "node.kubernetes.io/exclude-from-external-load-balancers": "true",
    // node-exporter, CSI drivers and many charts keep away from exactly this label.
    type: "virtual-kubelet",
  };
}

export function defaultTaint(provider: string): Taint {
  return { key: providerTaint, value: provider, effect: "NoSchedule" };
}

/** The object that is created when there is none. */
export function newNode(facts: NodeFacts): Node {
  const { labels, annotations } = metadataPatch(facts);
  const present = Object.entries(annotations).filter((entry): entry is [string, string] => entry[1] !== null);
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: facts.name, labels, annotations: Object.fromEntries(present) },
    spec: { taints: (facts.taints ?? [defaultTaint(facts.provider)]).map((taint) => ({ ...taint }) as Taint) },
  };
}

/** Labels and annotations that must be there, or (`null`) must not; other people's stay. */
export function metadataPatch(facts: NodeFacts): {
  labels: Record<string, string>;
  annotations: Record<string, string | null>;
} {
  return {
    labels: { ...fixedLabels(facts), ...facts.capacity.labels, ...facts.labels },
    annotations: {
      [nodeOwnerAnnotation]: facts.clusterUid,
      [resourceMetricsPathAnnotation]: facts.resourceMetricsPath ?? null,
    },
  };
}

/** May this existing object be taken over? A real kubelet's node must never be. */
export function isOurs(node: Node): boolean {
  return node.metadata?.annotations?.[nodeOwnerAnnotation] !== undefined;
}

/** The whole status without conditions; sent when anything of it differs, and with every report. */
export function nodeStatus(facts: NodeFacts): object {
  const { capacity, address, port } = facts;
  const amounts = {
    cpu: `${Math.floor(capacity.cpu * 1000)}m`,
    memory: `${Math.floor(capacity.memory / 1024)}Ki`,
    "ephemeral-storage": `${Math.floor(capacity.ephemeralStorage / 1024)}Ki`,
    pods: String(Math.min(capacity.pods, facts.maxPods ?? capacity.pods)),
  };
  return {
    capacity: amounts,
    allocatable: amounts,
    // No Hostname address: nothing could resolve it, and some clients would try it first.
    addresses: address === undefined ? [] : [{ type: "InternalIP", address }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    ...(facts.declaredFeatures === undefined ? {} : { declaredFeatures: facts.declaredFeatures }),
    nodeInfo: {
      architecture: capacity.architecture,
      operatingSystem: "linux",
      osImage: capacity.osImage,
      kernelVersion: capacity.kernelVersion,
      containerRuntimeVersion: capacity.containerRuntime,
      kubeletVersion: facts.version,
      kubeProxyVersion: "",
      // Unique and stable for a node that is no machine.
      machineID: facts.name,
      systemUUID: facts.name,
      bootID: facts.clusterUid,
    },
  };
}

/** Milliseconds between two heartbeats of the conditions when nothing changes: the kubelet's nodeStatusReportFrequency. */
export const REPORT_EVERY_MS = 300_000;

export interface NodeHealth {
  /** Why the node cannot do its own work; `undefined` when it can. Trouble of a cloud is not among it. */
  readonly notReady: { readonly reason: string; readonly message: string } | undefined;
  readonly providerTrouble: { readonly reason: string; readonly message: string } | undefined;
  /** Is the kubelet port's certificate the one that was asked for? */
  readonly serving: { readonly fits: boolean; readonly reason: string; readonly message: string };
}

/** What does not work on a node without an address, and the fix. */
export const noAddress =
  "kubectl logs, exec and top do not reach this node, because it has no address: set nodes[].address in the configuration " +
  "of burstlet, or --node-ip, to an address of its machine that the API server reaches";

/** Conditions that differ from `before` or are older than the report interval need sending: `due` says so. */
export function nodeConditions(
  health: NodeHealth,
  { address }: Pick<NodeFacts, "address">,
  before: readonly NodeCondition[],
  now: number,
): { conditions: NodeCondition[]; changed: boolean } {
  const { notReady, providerTrouble, serving } = health;
  const rows: [string, boolean, string, string][] = [
    ["MemoryPressure", false, "KubeletHasSufficientMemory", "a virtual node has no memory of its own to run out of"],
    ["DiskPressure", false, "KubeletHasNoDiskPressure", "a virtual node has no disk of its own to run out of"],
    ["PIDPressure", false, "KubeletHasSufficientPID", "a virtual node has no process table to run out of"],
    ["NetworkUnavailable", false, "RouteCreated", "the provider's network serves the pods"],
    [
      providerReadyCondition,
      providerTrouble === undefined,
      providerTrouble?.reason ?? "ProviderReady",
      providerTrouble?.message ?? "the provider answers",
    ],
    [
      addressKnownCondition,
      address !== undefined,
      address === undefined ? "NoAddress" : "AddressConfigured",
      address === undefined ? noAddress : `the kubelet API of this node is at ${address}`,
    ],
    [servingCertificateCondition, serving.fits, serving.reason, serving.message],
    [
      "Ready",
      notReady === undefined,
      notReady?.reason ?? "KubeletReady",
      notReady?.message ?? "burstlet is posting ready status",
    ],
  ];
  const conditions = rows.map(([type, status, reason, message]): NodeCondition => {
    const text = status ? "True" : "False";
    const known = before.find((condition) => condition.type === type);
    const since = known?.status === text ? known.lastTransitionTime : undefined;
    return {
      type,
      status: text,
      reason,
      message,
      lastHeartbeatTime: rfc3339(now),
      lastTransitionTime: since ?? rfc3339(now),
    };
  });
  const changed = conditions.some((want) => {
    const have = before.find((condition) => condition.type === want.type);
    return have?.status !== want.status || have.reason !== want.reason || have.message !== want.message;
  });
  return { conditions, changed };
}
