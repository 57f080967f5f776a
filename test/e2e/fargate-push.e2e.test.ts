import { afterAll, beforeAll, expect, it } from "vitest";
import { eventQueue, events, withEventQueue } from "../fargate/testing.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { type FargateWorld, launchesOf, nothingRuns, startFargateWorld } from "./worlds/fargate-world.ts";
import { hasPhase, podManifest } from "./worlds/world.ts";

describeWith(["go", "namespaces", "root"], "a node on Fargate that hears of its tasks by events", () => {
  let cloud: FargateWorld;
  beforeAll(async () => {
    // Twice and in another order; tasks take a while to start, so that polling would show.
    const times = { provisioning: 1, pull: 1, activating: 1 };
    const scenario = { ...withEventQueue, switches: { taskEvents: "disordered" as const }, times };
    cloud = await startFargateWorld({ scenario, fargate: { events } });
  });
  afterAll(() => cloud?.stop());

  const said = async (words: string, times = 1) =>
    eventually(`burstlet says: ${words}`, () => cloud.world.burstlet.log().split(words).length > times);
  const run = async (name: string, seconds: string, exit = "0") => {
    const env = [
      { name: "SCRIPT_RUN", value: seconds },
      { name: "SCRIPT_EXIT", value: exit },
    ];
    const spec = { nodeName: "burst-fargate" };
    const manifest = podManifest(name, { image: "scripted", spec, restartPolicy: "Never", container: { env } });
    await cloud.world.cluster.apply(manifest);
  };

  it("sees pods come up and end with hardly a description, and polls while the queue is gone", async () => {
    const { world, aws } = cloud;
    await said("tasks are left to events");
    const begun = performance.now();
    await Promise.all([run("ends", "1", "3"), run("stays", "forever")]);
    await world.until("stays", "runs", hasPhase("Running"));
    const failed = await world.until("ends", "has ended", hasPhase("Failed"));
    expect(failed.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 3, reason: "Error" });
    expect(failed.status?.podIP).toMatch(/^10\./);
    // Who polls asks every second, who trusts events every ten, of tasks that start.
    const seconds = (performance.now() - begun) / 1000;
    expect(aws.calls.of("ecs:DescribeTasks")).toBeLessThanOrEqual(2 + Math.floor(seconds / 5));
    await eventually("every event has been read", () => aws.queues.counts()[eventQueue] === 0);

    aws.queues.remove(eventQueue);
    await said("events of ECS cannot be read: tasks are polled until they can");
    const before = aws.calls.of("ecs:DescribeTasks");
    await run("unheard", "5");
    await world.until("unheard", "has ended all the same", hasPhase("Succeeded"));
    expect(aws.calls.of("ecs:DescribeTasks") - before).toBeGreaterThanOrEqual(3);

    aws.queues.create(eventQueue);
    await said("tasks are left to events", 2);
    await world.cluster.kubectl("delete", "pods", "--all", "--wait=false");
    await nothingRuns(cloud);
    await eventually(
      "the pods are gone",
      async () => (await world.cluster.kubectl("get", "pods", "-o", "name")) === "",
    );
    expect(launchesOf(cloud)).toHaveLength(3);
  });
});
