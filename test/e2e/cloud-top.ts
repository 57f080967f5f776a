/** kubectl top by metrics-server over two pods of a cloud: one that is busy, and one that holds memory. */
import { expect } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type MetricsServer, startMetricsServer } from "../support/programs/metrics-server.ts";
import { top, topOfNode } from "./kubectl-top.ts";
import { isReady, podManifest, type World } from "./worlds/world.ts";

/** Returns when both run and metrics-server does. */
export async function startMeasuredPods(world: World, image: string): Promise<MetricsServer> {
  const busy = "while :; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; usleep 20000; done";
  const held = "held=$(yes | head -c 30000000); sleep 3600; :";
  await world.cluster.apply([
    podManifest("burner", { image, command: ["sh", "-c", busy] }),
    podManifest("holding", { image, command: ["sh", "-c", held] }),
  ]);
  for (const name of ["burner", "holding"]) await world.until(name, "is ready", isReady);
  return startMetricsServer(world.cluster);
}

/** Waits until both are told by container, with figures that are theirs, and so is their node. */
export async function expectMeasured(world: World, node: string, withinMs: number): Promise<void> {
  const rows = await eventually(
    "both pods are measured",
    async () => {
      const found = await top(world.cluster, "pods", "--containers");
      return found.length === 2 && found;
    },
    withinMs,
  );
  expect(rows.map(([pod, container]) => `${pod} ${container}`)).toEqual(["burner main", "holding main"]);
  expect(Number.parseInt(rows[0]?.[2] ?? "", 10)).toBeGreaterThan(50);
  expect(Number.parseInt(rows[1]?.[2] ?? "", 10)).toBeLessThan(50);
  expect(Number.parseInt(rows[1]?.[3] ?? "", 10)).toBeGreaterThanOrEqual(28);
  const [name, cores] = await topOfNode(world.cluster, node);
  expect(name).toBe(node);
  expect(Number.parseInt(cores ?? "", 10)).toBeGreaterThan(50);
}
