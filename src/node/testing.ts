/** Nodes and leases of an API server, in memory: versions, conflicts, strategic merges as far as a node is touched. */
import { ApiError, type LeasesApi, type NodesApi, type WatchSink } from "../cluster/cluster.ts";
import type { Lease, Node, NodeCondition, Taint } from "../model/kube.ts";
import type { Capacity } from "../provider.ts";
import type { NodeFacts, NodeHealth } from "./node-object.ts";

export const capacity: Capacity = {
  cpu: 4,
  memory: 8 * 2 ** 30,
  ephemeralStorage: 2 ** 40,
  pods: 110,
  osImage: "Clouds",
  kernelVersion: "6.1",
  containerRuntime: "cloud://1",
  architecture: "amd64",
};

export const facts: NodeFacts = {
  name: "burst",
  provider: "local",
  clusterUid: "cluster",
  labels: { team: "a" },
  address: "192.0.2.1",
  port: 10250,
  version: "v1.36.1-burstlet-0.1.0",
  capacity,
};

/** Of a node about which there is nothing to complain. */
export const well: NodeHealth = {
  notReady: undefined,
  providerTrouble: undefined,
  serving: { fits: true, reason: "SelfSigned", message: "a certificate of its own" },
};

export interface MemoryNodes {
  readonly nodes: NodesApi;
  readonly leases: LeasesApi;
  /** Every write that was accepted, e.g. `patch node status`. */
  readonly writes: string[];
  node(): Node | undefined;
  lease(): Lease | undefined;
  put(node: Node): void;
  putLease(lease: Lease): void;
  /** As `kubectl delete node`; the garbage collector takes the lease with it. */
  deleteNode(): void;
  away: boolean;
}

export function memoryNodes(): MemoryNodes {
  const sinks = new Set<WatchSink<Node>>();
  let version = 0;
  let uids = 0;
  let node: Node | undefined;
  let lease: Lease | undefined;

  const answer = async (): Promise<void> => {
    await Promise.resolve();
    if (memory.away) throw new Error("connect ECONNREFUSED");
  };
  const store = (next: Node): Node => {
    node = { ...next, metadata: { ...next.metadata, resourceVersion: String(++version) } };
    for (const sink of sinks) sink.changed(node);
    return node;
  };
  const storeLease = (next: Lease): Lease =>
    (lease = { ...next, metadata: { ...next.metadata, resourceVersion: String(++version) } });

  const memory: MemoryNodes = {
    writes: [],
    away: false,
    node: () => node,
    lease: () => lease,
    put: (next) => void store({ ...next, metadata: { ...next.metadata, uid: next.metadata?.uid ?? `node-${++uids}` } }),
    putLease: (next) => void storeLease(next),
    deleteNode() {
      const old = node;
      if (lease?.metadata?.ownerReferences?.[0]?.uid === old?.metadata?.uid) lease = undefined;
      node = undefined;
      if (old !== undefined) for (const sink of sinks) sink.removed(old);
    },
    nodes: {
      async watch(_name, sink, signal) {
        sinks.add(sink);
        if (node !== undefined) sink.changed(node);
        sink.synced();
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        sinks.delete(sink);
      },
      async get() {
        await answer();
        return node;
      },
      async create(next) {
        await answer();
        if (node !== undefined) throw new ApiError(409, "AlreadyExists", "it exists");
        memory.writes.push("create node");
        return store({ ...next, metadata: { ...next.metadata, uid: `node-${++uids}` } });
      },
      async patch(_name, patch) {
        await answer();
        if (node === undefined) return undefined;
        const { metadata = {}, spec } = patch as { metadata?: Node["metadata"]; spec?: { taints?: Taint[] } };
        if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== node.metadata?.resourceVersion) {
          throw new ApiError(409, "Conflict", "the object has been modified");
        }
        const labels = { ...node.metadata?.labels, ...metadata.labels };
        const annotations = { ...node.metadata?.annotations, ...metadata.annotations };
        const next = { ...node, metadata: { ...node.metadata, labels, annotations }, spec: { ...node.spec, ...spec } };
        if (JSON.stringify(next) === JSON.stringify(node)) return node;
        memory.writes.push(spec === undefined ? "patch node" : "patch taints");
        return store(next);
      },
      async patchStatus(_name, patch) {
        await answer();
        if (node === undefined) return undefined;
        const { status } = patch as { status: { conditions: NodeCondition[] } };
        const foreign = (node.status?.conditions ?? []).filter(
          (one) => !status.conditions.some((own) => own.type === one.type),
        );
        memory.writes.push("patch status");
        return store({
          ...node,
          status: { ...node.status, ...status, conditions: [...foreign, ...status.conditions] },
        });
      },
    },
    leases: {
      async get() {
        await answer();
        return lease;
      },
      async create(next) {
        await answer();
        if (lease !== undefined) throw new ApiError(409, "AlreadyExists", "it exists");
        memory.writes.push("create lease");
        return storeLease(next);
      },
      async update(next) {
        await answer();
        if (next.metadata?.resourceVersion !== lease?.metadata?.resourceVersion) {
          throw new ApiError(409, "Conflict", "the object has been modified");
        }
        memory.writes.push("update lease");
        return storeLease(next);
      },
    },
  };
  return memory;
}
