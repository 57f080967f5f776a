/** Azure at its own pace, with the other answer to everything that nobody has asked it, and a burstlet that is killed often. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Pod } from "../../src/model/kube.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { type AciWorld, groupsOf, madeTwice, nothingIsLeft, startAciWorld } from "./worlds/aci-world.ts";
import { deployment, isReady, podManifest, podTemplate } from "./worlds/world.ts";

const image = "scripted";
const scheduledOf = (pod: Pod) => pod.status?.conditions?.find(({ type }) => type === "PodScheduled");

describeWith(["go", "namespaces", "root"], "on an Azure that answers otherwise", () => {
  let cloud: AciWorld;
  beforeAll(async () => {
    cloud = await startAciWorld({
      scenario: {
        azure: { times: { base: "realistic" }, creates: { fiveMinutes: 900, hour: 1_800 } },
        images: { "app:short": { run: 1 }, "app:fails": { run: 1, exit: 4 } },
        switches: {
          azure: {
            window: "at its end",
            retryAfter: "absent",
            deleteAnswer: "202",
            deletedGroup: "visible",
            endSignal: "SIGTERM",
            endedGroups: "not counted",
            transition: "refused",
            endedPut: "refused",
            previousState: "null",
            crashWord: "",
            endedEvents: "told",
            never: "run again",
          },
        },
      },
    });
  });
  afterAll(() => cloud?.stop());

  it("forty pods come up over three kills of burstlet, each in one group", async () => {
    const { world } = cloud;
    await world.cluster.apply(deployment("many", 40, { image }));
    for (const count of [5, 15, 30]) {
      await eventually(`${count} groups are made`, () => groupsOf(cloud).length >= count, 120_000);
      await world.burstlet.kill();
      world.startAgain();
    }
    await world.cluster.kubectl("rollout", "status", "deployment/many", "--timeout=240s");
    const pods = await world.pods("app=many");
    expect(pods.filter(isReady)).toHaveLength(40);
    for (const pod of pods) expect(groupsOf(cloud, pod)).toHaveLength(1);
    expect(madeTwice(cloud)).toEqual([]);
  });

  it("a Job's pod that has failed is told with its first end, although Azure runs it again", async () => {
    const { world } = cloud;
    const job = (name: string, what: string) => ({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name },
      spec: { backoffLimit: 0, template: podTemplate({ image: what, restartPolicy: "Never" }) },
    });
    await world.cluster.apply([job("short", "app:short"), job("fails", "app:fails")]);
    await world.cluster.kubectl("wait", "job/short", "--for=condition=Complete", "--timeout=120s");
    await world.cluster.kubectl("wait", "job/fails", "--for=condition=Failed", "--timeout=120s");
    const [pod] = await world.pods("job-name=fails");
    expect(pod?.status?.containerStatuses).toMatchObject([{ restartCount: 0, state: { terminated: { exitCode: 4 } } }]);
  });

  it("all of it is deleted, and nothing is left", async () => {
    const { world } = cloud;
    await world.cluster.kubectl("delete", "deployments,jobs", "--all", "--wait=false");
    await eventually("no pod is left", async () => (await world.pods("")).length === 0, 240_000);
    await nothingIsLeft(cloud, 240_000);
    expect(madeTwice(cloud)).toEqual([]);
  });

  it("a quota that is taken away shrinks the node: the scheduler puts nothing more there until it is given back", async () => {
    const { world, azure } = cloud;
    const give = (StandardCores: number): void => {
      const location = { quotas: { StandardCores } };
      azure.scenario.change({ azure: { locations: { westeurope: location, northeurope: location } } });
    };
    const cpu = async () => (await world.node()).status?.allocatable?.["cpu"];
    give(1);
    await eventually("the node is what the two regions give", async () => (await cpu()) === "2", 120_000);
    await world.cluster.apply(podManifest("over", { image, container: { resources: { requests: { cpu: "3" } } } }));
    const waiting = await world.until("over", "finds no node", (pod) => scheduledOf(pod)?.status === "False");
    expect(scheduledOf(waiting)?.message).toContain("Insufficient cpu");
    give(100);
    await world.until("over", "is ready", isReady, 120_000);
    await world.cluster.kubectl("delete", "pod", "over", "--timeout=100s");
  }, 300_000);
});
