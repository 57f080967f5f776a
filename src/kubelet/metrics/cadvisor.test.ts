import { describe, expect, it } from "vitest";
import { cadvisorLines } from "./cadvisor.ts";
import { sampledAt, testPod, testSample, testUsage } from "./testing.ts";
import type { Usage } from "./usage.ts";

function lines(usage: Usage, machine?: { cpu: number; memory: number }): readonly string[] {
  return [...cadvisorLines(usage, machine)].flatMap((part) => part.split("\n")).filter((line) => /^[^#]/.test(line));
}

const pod = testPod("web", ["main"], "u1");
const running = {
  ...pod,
  status: {
    ...pod.status,
    containerStatuses: [
      {
        name: "main",
        image: "docker.io/library/x:1",
        imageID: "",
        containerID: "process://abc",
        ready: true,
        restartCount: 0,
      },
    ],
  },
};
const main = {
  ...testSample("main", { cpuSeconds: 0.5, memoryBytes: 2048, rssBytes: 1024, diskBytes: 512 }),
  cores: undefined,
};

describe("/metrics/cadvisor", () => {
  it("tells a container with the labels that kube-prometheus selects by, the pod's network, and the node as /", () => {
    const network = { rxBytes: 10, txBytes: 20 };
    const labels =
      'container="main",id="/kubepods/podu1/abc",image="docker.io/library/x:1",name="abc",namespace="default",pod="web"';
    const podLabels = 'id="/kubepods/podu1",namespace="default",pod="web"';
    expect(lines(testUsage([{ pod: running, containers: [main], network }]), { cpu: 4, memory: 8e9 })).toEqual([
      `container_start_time_seconds{${labels}} ${main.startedAt / 1000} ${sampledAt}`,
      `container_cpu_usage_seconds_total{${labels},cpu="total"} 0.5 ${sampledAt}`,
      `container_cpu_usage_seconds_total{id="/",cpu="total"} 12.25 ${sampledAt}`,
      `container_memory_working_set_bytes{${labels}} 2048 ${sampledAt}`,
      `container_memory_working_set_bytes{id="/"} 2048 ${sampledAt}`,
      `container_memory_rss{${labels}} 1024 ${sampledAt}`,
      `container_fs_usage_bytes{${labels}} 512 ${sampledAt}`,
      `container_network_receive_bytes_total{${podLabels}} 10 ${sampledAt}`,
      `container_network_transmit_bytes_total{${podLabels}} 20 ${sampledAt}`,
      "container_scrape_error 0",
      "machine_cpu_cores 4",
      "machine_memory_bytes 8000000000",
    ]);
  });

  it("leaves out what is not known, and names the image of the spec before the status has one", () => {
    const told = lines(
      testUsage([{ pod, containers: [{ ...testSample("main"), cores: undefined }] }], { failed: true }),
    );
    expect(told.some((line) => /^(container_memory_rss|container_fs|container_network|machine_)/.test(line))).toBe(
      false,
    );
    expect(told).toContain("container_scrape_error 1");
    expect(told[0]).toContain('id="/kubepods/podu1/main",image="registry.test/main:1",namespace=');
  });
});
