import { describe, expect, it } from "vitest";
import { summaryParts } from "./summary.ts";
import { testPod, testSample, testUsage } from "./testing.ts";
import type { Usage } from "./usage.ts";

const at = "2026-01-02T03:04:05Z";
const all = { nodeName: "burst-1", cpuAndMemoryOnly: false, machine: { cpu: 4, memory: 1e9 } };

function summary(usage: Usage, options: Partial<typeof all> = {}): unknown {
  return JSON.parse([...summaryParts(usage, { ...all, ...options })].join(""));
}

const pair = testUsage([
  {
    pod: testPod("pair", ["app", "log"], "u1"),
    containers: [
      { ...testSample("app", { memoryBytes: 3000, rssBytes: 1000, diskBytes: 7, logBytes: 5 }), cores: 0.25 },
      { ...testSample("log", { cpuSeconds: 0, memoryBytes: 1000 }), cores: undefined },
    ],
    network: { rxBytes: 10, txBytes: 20 },
    cpuSeconds: 2.5,
  },
]);

describe("/stats/summary", () => {
  it("has the kubelet's shape, and nothing that is not known", () => {
    expect(summary(pair)).toEqual({
      node: {
        nodeName: "burst-1",
        startTime: "2026-01-02T03:03:05Z",
        cpu: { time: at, usageNanoCores: 250_000_000, usageCoreNanoSeconds: 12_250_000_000 },
        memory: { time: at, availableBytes: 999_996_000, workingSetBytes: 4000, rssBytes: 1000 },
      },
      pods: [
        {
          podRef: { name: "pair", namespace: "default", uid: "u1" },
          startTime: "2026-01-02T03:03:00Z",
          containers: [
            {
              name: "app",
              startTime: "2026-01-02T03:03:05Z",
              cpu: { time: at, usageNanoCores: 250_000_000, usageCoreNanoSeconds: 1_500_000_000 },
              memory: { time: at, workingSetBytes: 3000, rssBytes: 1000 },
              rootfs: { time: at, usedBytes: 7 },
              logs: { time: at, usedBytes: 5 },
            },
            {
              name: "log",
              startTime: "2026-01-02T03:03:05Z",
              cpu: { time: at, usageCoreNanoSeconds: 0 },
              memory: { time: at, workingSetBytes: 1000 },
            },
          ],
          cpu: { time: at, usageNanoCores: 250_000_000, usageCoreNanoSeconds: 2_500_000_000 },
          memory: { time: at, workingSetBytes: 4000, rssBytes: 1000 },
          network: { time: at, name: "", rxBytes: 10, txBytes: 20 },
          "ephemeral-storage": { time: at, usedBytes: 12 },
        },
      ],
    });
  });

  it("has CPU and memory alone when asked for them", () => {
    const text = JSON.stringify(summary(pair, { cpuAndMemoryOnly: true }));
    expect(text).not.toMatch(/network|ephemeral-storage|rootfs|logs/);
    expect(text).toContain('"usageNanoCores"');
  });

  it("of an idle node and of one that knows nothing yet is valid", () => {
    expect(summary(testUsage([]))).toMatchObject({ node: { memory: { workingSetBytes: 0 } }, pods: [] });
    const node = { cpuSeconds: undefined, time: 0, startedAt: 0 };
    expect(summary(testUsage([], { node }))).toEqual({
      node: { nodeName: "burst-1", startTime: "1970-01-01T00:00:00Z" },
      pods: [],
    });
  });
});
