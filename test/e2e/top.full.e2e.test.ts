import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type MetricsServer, startMetricsServer } from "../support/programs/metrics-server.ts";
import { describeWith } from "../support/requirements.ts";
import { deployment, isReady, nodeName, podManifest, startWorld, type World } from "./worlds/world.ts";

/** Two scrapes, 15 s apart, and the time that it takes to make the first. */
const twoScrapesMs = 90_000;

describeWith(["go", "namespaces", "root", "busybox"], "metrics-server", () => {
  let world: World;
  let server: MetricsServer | undefined;
  beforeAll(async () => {
    world = await startWorld();
    const busy = { command: ["sh", "-c", "while :; do :; done"] };
    const holding = { command: ["sh", "-c", "held=$(yes | head -c 30000000); sleep 3600; :"] };
    await world.cluster.apply([podManifest("busy", busy), podManifest("holding", holding), podManifest("resting")]);
    for (const name of ["busy", "holding", "resting"]) await world.until(name, "is ready", isReady);
    server = await startMetricsServer(world.cluster);
  });
  afterAll(async () => {
    server?.process.kill("SIGKILL");
    await world?.stop();
  });

  /** Rows of `kubectl top`, by name: the numbers with their units. */
  const top = async (...words: string[]): Promise<Map<string, string[]>> => {
    const lines = (await world.cluster.kubectl("top", ...words, "--no-headers")).trim().split("\n");
    return new Map(lines.map((line) => line.split(/\s+/)).map(([name = "", ...cells]) => [name, cells]));
  };

  it("kubectl top pods tells what each pod uses", async () => {
    const rows = await eventually(
      "all pods are measured",
      async () => {
        // Until the first scrape there is an error instead of an empty answer.
        const seen = await top("pods");
        return seen.size === 3 && seen;
      },
      twoScrapesMs,
    );
    // One core as far as the machine has it to spare.
    expect(Number.parseInt(rows.get("busy")?.[0] ?? "", 10)).toBeGreaterThan(100);
    expect(Number.parseInt(rows.get("holding")?.[1] ?? "", 10)).toBeGreaterThanOrEqual(28);
    expect(Number.parseInt(rows.get("resting")?.[0] ?? "", 10)).toBeLessThan(50);
  });

  it("kubectl top pods --containers names the containers", async () => {
    const lines = (await world.cluster.kubectl("top", "pods", "--containers", "--no-headers")).trim().split("\n");
    expect(lines.map((line) => line.split(/\s+/).slice(0, 2).join("/")).toSorted()).toEqual([
      "busy/main",
      "holding/main",
      "resting/main",
    ]);
  });

  it("kubectl top nodes tells what the node uses", async () => {
    const rows = await eventually("the node is measured", async () => top("nodes"), twoScrapesMs);
    const cells = rows.get(nodeName) ?? [];
    expect(cells).toHaveLength(4);
    expect(Number.parseInt(cells[0] ?? "", 10)).toBeGreaterThan(0);
    expect(Number.parseInt(cells[2] ?? "", 10)).toBeGreaterThan(0);
  });

  it("a HorizontalPodAutoscaler scales by it", async () => {
    const container = { resources: { requests: { cpu: "100m" } } };
    await world.cluster.apply([
      deployment("scaled", 1, { command: ["sh", "-c", "while :; do :; done"], container }),
      {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { name: "scaled" },
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "scaled" },
          maxReplicas: 2,
          metrics: [
            { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
          ],
        },
      },
    ]);
    await eventually("the second pod is there", async () => (await world.pods("app=scaled")).length === 2, 180_000);
  }, 200_000);
});
