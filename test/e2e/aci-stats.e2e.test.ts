/** What pods on Azure use: told by the extension of each group of the stand-in, which is processes of this host. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { type AciWorld, nothingIsLeft, startAciWorld } from "./worlds/aci-world.ts";
import { isReady, podManifest } from "./worlds/world.ts";

const image = "docker.io/library/busybox:1.37";
const subnet =
  "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/burstlet/providers/Microsoft.Network/virtualNetworks/west/subnets/groups";

describeWith(["go", "namespaces", "root", "busybox"], "usage on Azure Container Instances", () => {
  let cloud: AciWorld;
  beforeAll(async () => {
    cloud = await startAciWorld({
      runtime: "process",
      scenario: { azure: { subnets: [{ id: subnet }] } },
      aci: { locations: ["westeurope"], network: "subnet", subnets: { westeurope: subnet }, stats: true },
    });
    const { world } = cloud;
    const busy = "while :; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; usleep 20000; done";
    await world.cluster.apply([podManifest("burner", { image, command: ["sh", "-c", busy] })]);
    await world.until("burner", "is ready", isReady);
  });
  afterAll(() => cloud?.stop());

  it("is told by /metrics/resource through the API server: the pod's own container, whose processor time rises", async () => {
    const { world } = cloud;
    const path = "/api/v1/nodes/burst-aci/proxy/metrics/resource";
    const lines = async (): Promise<readonly string[]> =>
      (await world.cluster.kubectl("get", "--raw", path)).split("\n").filter((line) => line.startsWith("container_"));
    const valueOf = (all: readonly string[], metric: string): number =>
      Number(all.find((line) => line.startsWith(`${metric}{`))?.split(" ")[1]);
    const cpu = "container_cpu_usage_seconds_total";
    const first = await eventually("the burner is told", async () => {
      const all = await lines();
      return valueOf(all, cpu) > 0 && all;
    });
    expect(first.every((line) => line.includes('container="main"') && line.includes('pod="burner"'))).toBe(true);
    expect(valueOf(first, "container_memory_working_set_bytes")).toBeGreaterThan(10_000);
    await eventually("it rises", async () => valueOf(await lines(), cpu) > valueOf(first, cpu));
  });

  it("holds up no deletion", async () => {
    await cloud.world.cluster.kubectl("delete", "pod", "burner", "--wait=true");
    await nothingIsLeft(cloud, 20_000);
  });
});
