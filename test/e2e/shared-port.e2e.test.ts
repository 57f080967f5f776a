import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { shutdownSupervisor } from "../../providers/local/runtime/process/process-runtime.ts";
import { systemClock } from "../../src/telemetry/clock.ts";
import { eventually } from "../support/eventually.ts";
import { namespaceAddress } from "../support/namespace.ts";
import { describeWith } from "../support/requirements.ts";
import { isReady, podManifest, startWorld, type World } from "./worlds/world.ts";

const names = ["burst-a", "burst-b"] as const;

describeWith(["go", "namespaces", "root", "busybox"], "two nodes on one port", () => {
  let world: World;
  const states = names.map((name) => mkdtempSync(join(tmpdir(), `${name}-`)));
  beforeAll(async () => {
    const place = { provider: "local", address: namespaceAddress(), port: 10_250 };
    const process = { runtime: "process", allowHostProcesses: true };
    world = await startWorld({
      configuration: { kubelet: { sharePort: true } },
      nodes: names.map((name, i) => ({ ...place, name, local: { ...process, stateDir: states[i] } })),
    });
    await world.cluster.apply(names.map(podOn));
    await Promise.all(names.map((name) => world.until(`on-${name}`, "is ready", isReady)));
  });
  afterAll(async () => {
    await world?.stop();
    for (const state of states) {
      await shutdownSupervisor(state, systemClock);
      rmSync(state, { recursive: true, force: true });
    }
  });

  it("have the same port, and an annotation each for metrics-server", async () => {
    for (const name of names) {
      const { metadata, status } = await world.node(name);
      expect(status?.daemonEndpoints?.kubeletEndpoint?.Port).toBe(10_250);
      expect(metadata?.annotations).toMatchObject({
        "metrics.k8s.io/resource-metrics-path": `/nodes/${name}/metrics/resource`,
      });
    }
  });

  it("each serve the logs of their own pods", async () => {
    for (const name of names) {
      // A container runs before it has printed anything.
      const text = await eventually(`${name} speaks`, () =>
        world.cluster.kubectl("logs", `on-${name}`).then((s) => s !== "" && s),
      );
      expect(text).toBe(`here is ${name}\n`);
    }
  });

  it("answer through the API server with their own pods under their own path, and without one not at all", async () => {
    const raw = (path: string) => world.cluster.kubectl("get", "--raw", `/api/v1/nodes/burst-a/proxy${path}`);
    for (const name of names) {
      const { items } = JSON.parse(await raw(`/nodes/${name}/pods`)) as { items: { metadata: { name: string } }[] };
      expect(items.map(({ metadata }) => metadata.name)).toEqual([`on-${name}`]);
    }
    for (const name of names) {
      const figures = await eventually(`${name} has figures`, async () => {
        const text = await raw(`/nodes/${name}/metrics/resource`);
        return text.includes("container_memory_working_set_bytes{") && text;
      });
      const pods = [...figures.matchAll(/pod="([^"]+)"/g)].map(([, pod]) => pod);
      expect(new Set(pods)).toEqual(new Set([`on-${name}`]));
    }
    expect(await raw("/nodes/burst-a/healthz")).toBe("ok");
    await expect(raw("/pods")).rejects.toThrow("ask for /nodes/<name>/pods, where <name> is of burst-a, burst-b");
  });
});

const podOn = (name: string): object =>
  podManifest(`on-${name}`, {
    command: ["sh", "-c", `echo here is ${name}; sleep 3600`],
    spec: { nodeSelector: { "kubernetes.io/hostname": name } },
  });
