/** kubectl top of pods on Fargate: from the helper in the task by its log to metrics-server. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type MetricsServer, startMetricsServer } from "../support/programs/metrics-server.ts";
import { describeWith } from "../support/requirements.ts";
import { type FargateWorld, startFargateWorld } from "./fargate-world.ts";
import { isReady, podManifest } from "./world.ts";

const image = "public.ecr.aws/docker/library/busybox:1.37";

describeWith(["go", "namespaces", "root", "busybox"], "kubectl top on Fargate", () => {
  let cloud: FargateWorld;
  let server: MetricsServer | undefined;
  beforeAll(async () => {
    cloud = await startFargateWorld({
      runtime: "process",
      fargate: { stats: { intervalSeconds: 10 } },
      scenario: { quotas: { "L-3032A538": 100 } },
    });
    const { world } = cloud;
    const busy = "while :; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; usleep 20000; done";
    const held = "held=$(yes | head -c 30000000); sleep 3600; :";
    await world.cluster.apply([
      podManifest("burner", { image, command: ["sh", "-c", busy] }),
      podManifest("holding", { image, command: ["sh", "-c", held] }),
    ]);
    for (const name of ["burner", "holding"]) await world.until(name, "is ready", isReady);
    server = await startMetricsServer(world.cluster);
  });
  afterAll(async () => {
    server?.process.kill("SIGKILL");
    await cloud?.stop();
  });

  it("shows what each pod uses, by container, and the sum at the node", async () => {
    const top = async (...words: readonly string[]): Promise<string[][]> => {
      const text = await cloud.world.cluster.kubectl("top", ...words, "--no-headers").catch(() => "");
      const lines = text.split("\n").filter((line) => line !== "");
      return lines.map((line) => line.split(/\s+/));
    };
    // Two lines of each helper, and two scrapes of metrics-server, 15 s apart.
    const rows = await eventually(
      "both pods are measured",
      async () => {
        const found = await top("pods", "--containers");
        return found.length === 2 && found;
      },
      90_000,
    );
    expect(rows.map(([pod, container]) => `${pod} ${container}`)).toEqual(["burner main", "holding main"]);
    expect(Number.parseInt(rows[0]?.[2] ?? "", 10)).toBeGreaterThan(50);
    expect(Number.parseInt(rows[1]?.[2] ?? "", 10)).toBeLessThan(50);
    expect(Number.parseInt(rows[1]?.[3] ?? "", 10)).toBeGreaterThanOrEqual(28);
    const [[name, cores] = []] = await top("nodes");
    expect(name).toBe("burst-fargate");
    expect(Number.parseInt(cores ?? "", 10)).toBeGreaterThan(50);
  });
});
