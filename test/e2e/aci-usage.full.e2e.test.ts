/** kubectl top of pods on Azure without the extension: by Azure Monitor, whose minutes are those of the clock on the wall. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { MetricsServer } from "../support/programs/metrics-server.ts";
import { describeWith } from "../support/requirements.ts";
import { type AciWorld, startAciWorld } from "./worlds/aci-world.ts";
import { expectMeasured, startMeasuredPods } from "./cloud-top.ts";

describeWith(["go", "namespaces", "root", "busybox"], "kubectl top by Azure Monitor", () => {
  let cloud: AciWorld;
  let server: MetricsServer | undefined;
  beforeAll(async () => {
    cloud = await startAciWorld({ runtime: "process", aci: { stats: true } });
    server = await startMeasuredPods(cloud.world, "docker.io/library/busybox:1.37");
  });
  afterAll(async () => {
    server?.process.kill("SIGKILL");
    await cloud?.stop();
  });

  it("shows what each pod uses some minutes after its start, for one read of each group and minute", async () => {
    // The first minute, the one in which it settles, and another one for a difference; each asked for once a minute.
    await expectMeasured(cloud.world, "burst-aci", 400_000);
    expect(cloud.azure.calls.of("arm:GetMetrics")).toBeGreaterThan(2);
    expect(cloud.azure.calls.of("arm:GetMetrics")).toBeLessThanOrEqual(2 * 7);
  }, 450_000);
});
