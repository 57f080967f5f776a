import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Pod } from "../../src/model/kube.ts";
import { type Burstlet, startBurstlet } from "../support/burstlet.ts";
import { eventually } from "../support/eventually.ts";
import { namespaceAddress } from "../support/namespace.ts";
import { describeWith } from "../support/requirements.ts";
import { processesOf } from "./processes.ts";
import { isReady, nodeName, podManifest, startWorld, type World } from "./worlds/world.ts";

/** The node counts as lost after this long without a lease: the default of 50 s would make the file slow. */
const graceArg = "--controller-manager-arg=--node-monitor-grace-period=20s";

const run = (pod: Pod) => [
  pod.status?.containerStatuses?.[0]?.containerID,
  pod.status?.containerStatuses?.[0]?.restartCount,
];

/** A pod that is evicted soon after its node is lost. */
const impatient = {
  nodeSelector: { "kubernetes.io/hostname": nodeName },
  tolerations: [
    { key: "virtual-kubelet.io/provider", operator: "Exists" },
    { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 },
    { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 },
  ],
};

const here = { spec: { nodeSelector: impatient.nodeSelector } };

describeWith(["go", "namespaces", "root", "busybox"], "outages", () => {
  let world: World;
  let neighbour: Burstlet;
  beforeAll(async () => {
    world = await startWorld({ args: [graceArg] });
    // Where every node of a cluster is lost, the controller takes it for its own trouble and evicts nothing.
    neighbour = startBurstlet(world.cluster.folder, join(world.cluster.folder, "burstlet.kubeconfig"), {
      nodes: [
        { name: "neighbour", provider: "local", address: namespaceAddress(), port: 0, local: { runtime: "scripted" } },
      ],
    });
    await eventually("the neighbour is Ready", async () => {
      const { status } = await world.node("neighbour");
      return status?.conditions?.some((one) => one.type === "Ready" && one.status === "True");
    });
  });
  afterAll(async () => {
    await neighbour?.stop();
    await world?.stop();
  });

  const readyStatus = async () => (await world.node()).status?.conditions?.find((one) => one.type === "Ready")?.status;

  it("goes on by itself when the API server was killed and is back", async () => {
    await world.cluster.apply(podManifest("before", here));
    const before = await world.until("before", "is ready", isReady);
    await world.cluster.control("kill apiserver");
    await sleep(3_000);
    await world.cluster.control("start apiserver");
    await world.cluster.apply(podManifest("after", { ...here, restartPolicy: "Never", command: ["true"] }));
    await world.until("after", "has succeeded", (pod) => pod.status?.phase === "Succeeded");
    expect(run(await world.pod("before"))).toEqual(run(before));
    // One clear line per change of state, not one per attempt.
    const lines = world.burstlet
      .log()
      .split("\n")
      .filter((line) => /API server .*(unreachable|answer)/i.test(line));
    expect(lines.length).toBeLessThanOrEqual(4);
  });

  describe("while burstlet is down for longer than its node may be silent", () => {
    let before: Pod;
    let evicted: readonly number[];
    beforeAll(async () => {
      await world.cluster.kubectl("delete", "pod", "--all", "--timeout=30s");
      await world.cluster.apply(podManifest("patient", here));
      before = await world.until("patient", "is ready", isReady);
      const others = await processesOf(world.stateDir);
      await world.cluster.apply(podManifest("evicted", { spec: impatient }));
      await world.until("evicted", "is ready", isReady);
      evicted = (await processesOf(world.stateDir)).filter((id) => !others.includes(id));
      await world.burstlet.stop();
      await eventually(
        "the node is lost, and what does not tolerate that is to be deleted",
        async () => {
          const isDeleted = (await world.pod("evicted")).metadata?.deletionTimestamp !== undefined;
          return isDeleted && (await readyStatus()) === "Unknown";
        },
        120_000,
      );
    });

    it("its tasks run on, also those of pods that are to be deleted", async () => {
      expect((await world.pod("patient")).metadata?.deletionTimestamp).toBeUndefined();
      expect(evicted).not.toEqual([]);
      expect(await processesOf(world.stateDir)).toEqual(expect.arrayContaining([...evicted]));
    });

    it("and comes back: its node is Ready, and what runs was not launched again", async () => {
      world.startAgain();
      await eventually("the node is Ready", async () => (await readyStatus()) === "True");
      const after = await world.until("patient", "is ready", isReady);
      expect(run(after)).toEqual(run(before));
      expect(after.metadata?.uid).toBe(before.metadata?.uid);
    });

    it("the tasks of pods that were evicted meanwhile end, and then the pods are gone", async () => {
      await eventually("its task has ended", async () => {
        const left = await processesOf(world.stateDir);
        return evicted.every((id) => !left.includes(id));
      });
      await eventually(
        "the pod is gone",
        async () => (await world.cluster.kubectl("get", "pod", "evicted", "--ignore-not-found")).trim() === "",
      );
    });
  });
});
