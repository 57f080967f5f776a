/** kubectl top of pods on Fargate: from the helper in the task by its log to metrics-server. */
import { afterAll, beforeAll, it } from "vitest";
import type { MetricsServer } from "../support/programs/metrics-server.ts";
import { describeWith } from "../support/requirements.ts";
import { expectMeasured, startMeasuredPods } from "./cloud-top.ts";
import { type FargateWorld, startFargateWorld } from "./worlds/fargate-world.ts";

describeWith(["go", "namespaces", "root", "busybox"], "kubectl top on Fargate", () => {
  let cloud: FargateWorld;
  let server: MetricsServer | undefined;
  beforeAll(async () => {
    cloud = await startFargateWorld({
      runtime: "process",
      fargate: { stats: { intervalSeconds: 10 } },
      scenario: { quotas: { "L-3032A538": 100 } },
    });
    server = await startMeasuredPods(cloud.world, "public.ecr.aws/docker/library/busybox:1.37");
  });
  afterAll(async () => {
    server?.process.kill("SIGKILL");
    await cloud?.stop();
  });

  it("shows what each pod uses, by container, and the sum at the node", async () => {
    // Two lines of each helper, and two scrapes of metrics-server, 15 s apart.
    await expectMeasured(cloud.world, "burst-fargate", 90_000);
  });
});
