import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { isReady, nodeName, podManifest, startWorld, type World } from "./worlds/world.ts";

interface Sample {
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

interface Summary {
  readonly node: { readonly nodeName: string; readonly cpu: { readonly usageNanoCores?: number } };
  readonly pods: readonly {
    readonly podRef: { readonly name: string; readonly uid: string };
    readonly containers: readonly { readonly name: string; readonly memory: { readonly workingSetBytes: number } }[];
  }[];
}

const burner = 'container_cpu_usage_seconds_total{container="main",pod="burner",namespace="default"}';

describeWith(["go", "namespaces", "root", "busybox"], "what a virtual node tells of usage", () => {
  let world: World;
  const raw = (path: string) => world.cluster.kubectl("get", "--raw", `/api/v1/nodes/${nodeName}/proxy${path}`);
  const series = async (path: string): Promise<ReadonlyMap<string, Sample>> => {
    const lines = (await raw(path)).split("\n").filter((line) => /^[^#]/.test(line));
    return new Map(lines.map((line) => sampleOf(line)));
  };
  const sample = async (name: string): Promise<Sample> =>
    eventually(name, async () => (await series("/metrics/resource")).get(name));

  beforeAll(async () => {
    world = await startWorld();
    // Half of a core, so that a machine of few has some left for the others.
    const command = ["sh", "-c", "while :; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; usleep 20000; done"];
    await world.cluster.apply([podManifest("burner", { command }), podManifest("idle")]);
    await Promise.all(["burner", "idle"].map((name) => world.until(name, "is ready", isReady)));
  });
  afterAll(() => world?.stop());

  it("counts the CPU time of containers, pods and the node, with the time of each sample", async () => {
    const first = await sample(burner);
    const next = await eventually("a newer sample", async () => {
      const now = await sample(burner);
      return now.time > first.time && now.value > first.value ? now : undefined;
    });
    const seconds = (next.time - first.time) / 1000;
    expect(next.value - first.value).toBeLessThanOrEqual(seconds * 1.5);
    const all = await series("/metrics/resource");
    const valueOf = (name: string): number => all.get(name)?.value ?? Number.NaN;
    expect(valueOf("node_cpu_usage_seconds_total")).toBeGreaterThanOrEqual(valueOf(burner));
    expect(valueOf('pod_cpu_usage_seconds_total{namespace="default",pod="burner"}')).toBeGreaterThanOrEqual(next.value);
    expect(
      valueOf('container_memory_working_set_bytes{container="main",pod="idle",namespace="default"}'),
    ).toBeGreaterThan(0);
    expect(valueOf("node_memory_working_set_bytes")).toBeGreaterThan(0);
    expect(valueOf("resource_scrape_error")).toBe(0);
  });

  it("has a summary with the same pods, and the rate of the node once there are two samples", async () => {
    const summary = await eventually("a rate", async () => {
      const told = JSON.parse(await raw("/stats/summary")) as Summary;
      return (told.node.cpu.usageNanoCores ?? 0) > 0 ? told : undefined;
    });
    expect(summary.node.nodeName).toBe(nodeName);
    expect(summary.pods.map(({ podRef }) => podRef.name).toSorted()).toEqual(["burner", "idle"]);
    const { metadata } = await world.pod("idle");
    const idle = summary.pods.find(({ podRef }) => podRef.uid === metadata?.uid);
    expect(idle?.containers.map(({ name }) => name)).toEqual(["main"]);
    expect(idle?.containers[0]?.memory.workingSetBytes).toBeGreaterThan(0);
  });

  it("has the kubelet's own metrics: pods, launches, and requests to the API server", async () => {
    const told = await series("/metrics");
    expect(told.get(`kubelet_node_name{node="${nodeName}"}`)?.value).toBe(1);
    expect(told.get("kubelet_running_pods")?.value).toBe(2);
    expect(told.get('kubelet_running_containers{container_state="running"}')?.value).toBe(2);
    expect(told.get("kubelet_started_pods_total")?.value).toBe(2);
    expect(told.get('kubelet_started_containers_total{container_type="container"}')?.value).toBe(2);
    expect(told.get("kubelet_pod_start_duration_seconds_count")?.value).toBe(2);
    expect(told.get("kubelet_certificate_manager_server_ttl_seconds")?.value).toBeGreaterThan(86_400);
    const patches = told.get('burstlet_api_requests_total{verb="patch",resource="pods/status",code="200"}');
    expect(patches?.value).toBeGreaterThanOrEqual(4);
  });

  it("has cAdvisor's, with an image and the pod's labels", async () => {
    const told = [...(await series("/metrics/cadvisor")).keys()];
    const labels = String.raw`\{container="main",id="/kubepods/pod[-0-9a-f]{36}/\S+",image="busybox\S*",(name="\S+",)?namespace="default",pod="idle"`;
    expect(told).toContainEqual(expect.stringMatching(`^container_memory_working_set_bytes${labels}\\}$`));
    expect(told).toContainEqual(expect.stringMatching(`^container_cpu_usage_seconds_total${labels},cpu="total"\\}$`));
    expect(told).toContain("machine_cpu_cores");
  });

  it("shows its configuration, and that it is well", async () => {
    expect(JSON.parse(await raw("/configz"))).toMatchObject({
      kubeletconfig: { kind: "KubeletConfiguration", authorization: { mode: "Webhook" } },
    });
    const checks = (await raw("/readyz?verbose")).split("\n");
    expect(checks).toEqual(
      expect.arrayContaining([
        "[+]api-server ok",
        "[+]pods ok",
        "[+]lease ok",
        "[+]provider ok",
        "readyz check passed",
      ]),
    );
    expect(await raw("/livez")).toBe("ok");
    expect(await raw("/metrics/probes")).toContain("# TYPE prober_probe_total counter\n");
  });

  it("keeps in the node's counter what a pod used that is gone", async () => {
    const { value } = await sample("node_cpu_usage_seconds_total");
    await world.cluster.kubectl("delete", "pod", "burner", "--wait=true");
    const after = await eventually("the pod is not told any more", async () => {
      const now = await series("/metrics/resource");
      return now.has(burner) ? undefined : now;
    });
    expect(after.get("node_cpu_usage_seconds_total")?.value).toBeGreaterThanOrEqual(value);
  });
});

/** `name{labels} value [time]`; no label of ours has a space in its value. */
function sampleOf(line: string): readonly [string, Sample] {
  const [name = "", value, time] = line.split(" ");
  return [name, { value: Number(value), time: Number(time) }];
}
