/** Pods, and what their tasks use, for the tables of this room. */
import type { Pod, TaskStats } from "../../provider.ts";
import type { ContainerSample } from "./account.ts";
import type { PodUsage, Usage } from "./usage.ts";

/** 2026-01-02T03:04:05.678Z */
export const sampledAt = 1_767_323_045_678;
export const startedAt = sampledAt - 60_000;

export function testPod(name: string, containers: readonly string[] = ["main"], uid = `uid-of-${name}`): Pod {
  return {
    metadata: { name, namespace: "default", uid },
    spec: {
      nodeName: "burst-1",
      containers: containers.map((one) => ({ name: one, image: `registry.test/${one}:1` })),
    },
    status: { startTime: "2026-01-02T03:03:00Z" },
  };
}

export function testSample(name: string, more: Partial<ContainerSample> = {}): ContainerSample {
  return { name, time: sampledAt, startedAt, cpuSeconds: 1.5, memoryBytes: 64 * 2 ** 20, ...more };
}

export function testStats(podUid: string, containers: readonly ContainerSample[], attempt = 1): TaskStats {
  return { identity: { clusterUid: "c", podUid, attempt }, containers };
}

export function testUsage(pods: readonly Partial<PodUsage>[], more: Partial<Usage> = {}): Usage {
  return {
    failed: false,
    pods: pods.map((one) => ({
      pod: testPod("web"),
      containers: [],
      network: undefined,
      cpuSeconds: 0,
      ...one,
    })),
    node: { cpuSeconds: 12.25, time: sampledAt, startedAt },
    ...more,
  };
}
