/** What pods on Fargate use: read by a helper in each task of the stand-in, which is processes of this host. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { type FargateWorld, nothingRuns, startFargateWorld } from "./worlds/fargate-world.ts";
import { hasPhase, isReady, podManifest } from "./worlds/world.ts";

const image = "public.ecr.aws/docker/library/busybox:1.37";

interface Summary {
  readonly pods: readonly {
    readonly podRef: { readonly name: string };
    readonly containers: readonly {
      readonly name: string;
      readonly startTime: string;
      readonly cpu: { readonly time: string; readonly usageCoreNanoSeconds: number };
      readonly memory: { readonly workingSetBytes: number };
    }[];
  }[];
}

describeWith(["go", "namespaces", "root", "busybox"], "usage on Fargate", () => {
  let cloud: FargateWorld;
  beforeAll(async () => {
    cloud = await startFargateWorld({
      runtime: "process",
      fargate: { stats: { intervalSeconds: 10 } },
      scenario: { quotas: { "L-3032A538": 100 } },
    });
    const { world } = cloud;
    const busy = "while :; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; usleep 20000; done";
    await world.cluster.apply([
      podManifest("burner", { image, command: ["sh", "-c", busy] }),
      podManifest("short", { image, command: ["sh", "-c", "sleep 1"], restartPolicy: "Never" }),
    ]);
    await world.until("burner", "is ready", isReady);
  });
  afterAll(() => cloud?.stop());

  it("is told by /stats/summary through the API server: the pod's own containers, with the time of each reading", async () => {
    const { world } = cloud;
    const path = "/api/v1/nodes/burst-fargate/proxy/stats/summary";
    const pods = await eventually("the burner is told", async () => {
      const summary = JSON.parse(await world.cluster.kubectl("get", "--raw", path)) as Summary;
      return summary.pods.length > 0 && summary.pods;
    });
    expect(pods.map(({ podRef }) => podRef.name)).toEqual(["burner"]);
    const [main, ...others] = pods[0]?.containers ?? [];
    expect(others).toEqual([]);
    expect(main?.name).toBe("main");
    expect(main?.cpu.usageCoreNanoSeconds).toBeGreaterThan(1e8);
    expect(main?.memory.workingSetBytes).toBeGreaterThan(10_000);
    expect(Date.parse(main?.cpu.time ?? "")).toBeGreaterThan(Date.parse(main?.startTime ?? ""));
  });

  it("keeps no pod alive and holds up no end: the task of a short pod has ended, that of a deleted one ends", async () => {
    const { world } = cloud;
    await world.until("short", "has succeeded", hasPhase("Succeeded"));
    await world.cluster.kubectl("delete", "pod", "burner", "short", "--wait=true");
    await nothingRuns(cloud, 20_000);
  });
});
