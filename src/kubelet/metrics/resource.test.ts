import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { resourceLines } from "./resource.ts";
import { sampledAt, startedAt, testPod, testSample, testUsage } from "./testing.ts";
import type { Usage } from "./usage.ts";

/** test/metrics-server reads the same file with metrics-server's own decoder. */
const golden = join(import.meta.dirname, "../../../test/fixtures/metrics/resource.txt");

const none = { cores: undefined };
const main = { ...testSample("main"), ...none };

function lines(usage: Usage): readonly string[] {
  return [...resourceLines(usage)].flatMap((part) => part.split("\n")).filter((line) => /^[^#]/.test(line));
}

describe("/metrics/resource", () => {
  it("has the kubelet's names, labels and times, as metrics-server decodes them", async () => {
    const usage = testUsage([
      { pod: testPod("web"), containers: [main], cpuSeconds: 1.5 },
      {
        pod: testPod("pair", ["app", "log"]),
        containers: [
          { ...testSample("app", { cpuSeconds: 0, memoryBytes: 4096, time: sampledAt + 1_000 }), ...none },
          { ...testSample("log", { cpuSeconds: 1 / 3, startedAt: startedAt + 30_000 }), ...none },
        ],
        cpuSeconds: 5,
      },
      { pod: testPod("unknown-memory"), containers: [{ ...main, memoryBytes: 0 }], cpuSeconds: 1 },
    ]);
    await expect([...resourceLines(usage)].join("")).toMatchFileSnapshot(golden);
  });

  it.for([
    ["a counter of 0 is told as one nanosecond", { cpuSeconds: 0 }, 1e-9],
    ["a counter below that too", { cpuSeconds: 1e-12 }, 1e-9],
    ["any other as it is", { cpuSeconds: 0.25 }, 0.25],
  ] as const)("%s", ([, more, value]) => {
    const told = lines(testUsage([{ containers: [{ ...main, ...more }], cpuSeconds: more.cpuSeconds }]));
    expect(told).toContain(
      `container_cpu_usage_seconds_total{container="main",pod="web",namespace="default"} ${value} ${sampledAt}`,
    );
    expect(told).toContain(`pod_cpu_usage_seconds_total{namespace="default",pod="web"} ${value} ${sampledAt}`);
  });

  it("leaves out a container whose memory is not known, with its start time: half a container hides its whole pod", () => {
    const pod = testPod("pair", ["main", "side"]);
    const told = lines(testUsage([{ pod, containers: [main, { ...main, name: "side", memoryBytes: 0 }] }]));
    expect(told.filter((line) => line.includes('container="side"'))).toEqual([]);
    expect(told.filter((line) => line.includes('container="main"'))).toHaveLength(3);
  });

  it("tells no memory of a node without one, and no CPU before the first answer", () => {
    expect(lines(testUsage([]))).toEqual([
      `node_cpu_usage_seconds_total 12.25 ${sampledAt}`,
      "scrape_error 0",
      "resource_scrape_error 0",
    ]);
    const node = { cpuSeconds: undefined, time: 0, startedAt };
    expect(lines(testUsage([], { node, failed: true }))).toEqual(["scrape_error 1", "resource_scrape_error 1"]);
  });

  it("serves what is known also when the provider fails", () => {
    const told = lines(testUsage([{ containers: [main] }], { failed: true }));
    expect(told).toContain("scrape_error 1");
    expect(told).toContain("resource_scrape_error 1");
    expect(told.some((line) => line.startsWith("container_memory_working_set_bytes{"))).toBe(true);
  });
});
