/** One Deployment over two clouds and this machine: the example, and what it is good for when one of them fails. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Localstack, startLocalstack } from "../../localstack/localstack.ts";
import { metadataHostOf, openRuntimeOf } from "../../localstack/runtimes.ts";
import { shutdownSupervisor } from "../../providers/local/runtime/process/process-runtime.ts";
import { providerReadyCondition, providerTroubleTaint } from "../../src/model/annotations.ts";
import type { Pod } from "../../src/model/kube.ts";
import { systemClock as clock } from "../../src/telemetry/clock.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { silentLog as log } from "../support/silent-log.ts";
import { azureNode, besideTheStandIn, standInNode } from "../support/stand-in-node.ts";
import { isReady, startWorld, type World } from "./worlds/world.ts";

const example = readFileSync(join(import.meta.dirname, "../../deploy/examples/multi-cloud/deployment.yaml"), "utf8");
const [fargate, aci, local] = ["burst-fargate", "burst-aci", "burst-local"] as const;

describeWith(["go", "namespaces", "root", "busybox"], "a Deployment over several clouds", () => {
  let cloud: Localstack;
  let world: World;
  const folder = mkdtempSync(join(tmpdir(), "burstlet-clouds-"));
  const [theirs, ours] = [join(folder, "clouds"), join(folder, "local")] as const;

  beforeAll(async () => {
    cloud = await startLocalstack({
      clock,
      port: 0,
      runtime: await openRuntimeOf("process", { clock, log, stateDir: theirs }),
      metadataHost: metadataHostOf("process"),
    });
    const { node, env } = standInNode(cloud.url);
    const nodes = [
      { name: fargate, ...node },
      { name: aci, ...azureNode(cloud.url) },
      { name: local, ...besideTheStandIn(ours) },
    ];
    world = await startWorld({ nodes, env });
  });
  afterAll(async () => {
    await world?.stop();
    await cloud?.close();
    await Promise.all([theirs, ours].map(async (stateDir) => shutdownSupervisor(stateDir, clock)));
    rmSync(folder, { recursive: true, force: true });
  });

  const pods = async (): Promise<Pod[]> => world.pods("app=everywhere");
  /** How many ready pods each node has, once there are so many and no others. */
  const spread = async (count: number): Promise<Record<string, number>> => {
    const all = await eventually(`${count} pods are ready`, async () => {
      const found = await pods();
      return found.length === count && found.every(isReady) && found;
    });
    return Object.fromEntries([fargate, aci, local].map((name) => [name, on(all, name).length]));
  };
  const on = (all: readonly Pod[], name: string): Pod[] => all.filter(({ spec }) => spec?.nodeName === name);
  /** The taint, which the scheduler reads, is written after the condition. */
  const isTrusted = async (wanted: boolean): Promise<boolean> => {
    const { spec, status } = await world.node(fargate);
    const ready = status?.conditions?.some((one) => one.type === providerReadyCondition && one.status === "True");
    const tainted = spec?.taints?.some(({ key }) => key === providerTroubleTaint) === true;
    return ready === wanted && tainted !== wanted;
  };

  it("has as many pods on each, and each serves at an address of its own", async () => {
    await world.cluster.apply(example);
    expect(await spread(6)).toEqual({ [fargate]: 2, [aci]: 2, [local]: 2 });
    for (const { metadata, spec, status } of await pods()) {
      const page = await eventually("the pod serves", async () =>
        (await fetch(`http://${status?.podIP}:8080/`)).text(),
      );
      expect(page).toBe(`${metadata?.name} on ${spec?.nodeName}\n`);
    }
  });

  it("grows on the others while one cloud is away, whose pods run on, and on it again when it is back", async () => {
    const before = on(await pods(), fargate);
    cloud.faults.set({ name: "away", call: "ecs:*", cut: "before" });
    await eventually("the node says so", async () => isTrusted(false));
    await world.cluster.kubectl("scale", "deployment/everywhere", "--replicas=8");
    expect(await spread(8)).toEqual({ [fargate]: 2, [aci]: 3, [local]: 3 });
    expect(
      on(await pods(), fargate)
        .map(({ metadata }) => metadata?.uid)
        .toSorted(),
    ).toEqual(before.map(({ metadata }) => metadata?.uid).toSorted());

    cloud.faults.clear("away");
    await eventually("the node is trusted again", async () => isTrusted(true));
    await world.cluster.kubectl("scale", "deployment/everywhere", "--replicas=9");
    expect(await spread(9)).toEqual({ [fargate]: 3, [aci]: 3, [local]: 3 });
  });

  it("goes everywhere when it is deleted, and leaves nothing in the clouds", async () => {
    await world.cluster.kubectl("delete", "deployment/everywhere", "service/everywhere");
    await eventually("its pods are gone", async () => (await pods()).length === 0);
    const { entries } = cloud.ledger;
    const tasks = entries.filter((entry) => entry.event === "launch").length;
    const groups = entries.filter((entry) => entry.event === "group put").length;
    expect([tasks, groups]).toEqual([3, 3]);
    await eventually("every task has ended and every group is gone", () => {
      const ended = cloud.ledger.entries.filter((entry) => entry.event === "ended").length;
      const gone = cloud.ledger.entries.filter((entry) => entry.event === "group gone").length;
      return ended === tasks && gone === groups;
    });
  });
});
