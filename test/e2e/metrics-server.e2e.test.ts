import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { metricsServerFolder } from "../run/controlplane.ts";
import { eventually } from "../support/eventually.ts";
import { type MetricsServer, startMetricsServer } from "../support/programs/metrics-server.ts";
import { describeWith } from "../support/requirements.ts";
import { top, topOfNode } from "./kubectl-top.ts";
import { isReady, nodeName, podManifest, startWorld, type World } from "./worlds/world.ts";

describeWith(["go", "namespaces", "root", "busybox"], "metrics-server", () => {
  let world: World;
  let server: MetricsServer | undefined;
  beforeAll(async () => {
    world = await startWorld();
    const command = ["sh", "-c", "while :; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; usleep 20000; done"];
    await world.cluster.apply([podManifest("burner", { command }), podManifest("idle")]);
    await Promise.all(["burner", "idle"].map((name) => world.until(name, "is ready", isReady)));
    server = await startMetricsServer(world.cluster);
  });
  afterAll(async () => {
    server?.process.kill("SIGKILL");
    await world?.stop();
  });

  it("decodes a recorded answer without losing a container", async () => {
    const folder = metricsServerFolder();
    const cwd = join(import.meta.dirname, "../metrics-server");
    const { stdout } = await promisify(execFile)(join(folder, "decode.test"), ["-test.v"], { cwd });
    expect(stdout).toContain("--- PASS: TestDecodesWhatBurstletServes");
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("PASS");
  });

  it("feeds kubectl top with the pods and the node", async () => {
    const pods = await eventually(
      "kubectl top pods has both",
      async () => {
        const found = await top(world.cluster, "pods");
        return found.length === 2 ? found : undefined;
      },
      60_000,
    ).catch((error: unknown) => {
      throw new Error(`metrics-server tells nothing:\n${server?.log()}`, { cause: error });
    });
    const [burner, idle] = pods;
    expect([burner?.[0], idle?.[0]]).toEqual(["burner", "idle"]);
    expect(milliCores(burner?.[1])).toBeGreaterThan(50);
    expect(milliCores(idle?.[1])).toBeLessThan(50);
    const [name, cores] = await topOfNode(world.cluster, nodeName);
    expect(name).toBe(nodeName);
    expect(milliCores(cores)).toBeGreaterThan(50);
    expect(server?.log()).not.toMatch(/Failed getting complete/);
  });
});

/** `123m` or `2`. */
function milliCores(text: string | undefined): number {
  const amount = Number.parseInt(text ?? "", 10);
  return text?.endsWith("m") === true ? amount : amount * 1000;
}
