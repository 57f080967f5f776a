/** What waits for a minute of the clock, all of it beside each other; the examples are here because one is a CronJob. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { examples, type Objects } from "./examples.ts";
import { deployment, podTemplate, startWorld, type World } from "./worlds/world.ts";

const folder = join(import.meta.dirname, "../../deploy/examples/local");

describeWith(["go", "namespaces", "root", "busybox"], "within a minute", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    await world.cluster.kubectl("apply", "-f", folder);
  });
  afterAll(() => world?.stop());

  it.concurrent("a refused Deployment of 3 stays at exactly 3 pods, each told once", async () => {
    await world.cluster.apply(deployment("storm", 3, { spec: { hostNetwork: true, hostPID: true } }));
    await eventually("3 pods are refused", async () => {
      const pods = await world.pods("app=storm");
      return (
        pods.length === 3 &&
        pods.every((pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === "ProviderRefused")
      );
    });
    const before = (await world.pods("app=storm")).map((pod) => pod.metadata?.uid).toSorted();
    // The sentence promises a minute: there is nothing else to wait for.
    await sleep(60_000);
    const after = await world.pods("app=storm");
    expect(after.map((pod) => pod.metadata?.uid).toSorted()).toEqual(before);
    expect(after.map((pod) => pod.status?.phase)).toEqual(["Pending", "Pending", "Pending"]);
    for (const pod of after) {
      const told = (await world.eventsOf(pod.metadata?.name ?? "")).filter((event) =>
        event.startsWith("ProviderRefused"),
      );
      expect(told).toHaveLength(1);
    }
    await world.cluster.kubectl("delete", "deployment", "storm", "--timeout=30s");
  });

  it.concurrent("a CronJob's Job runs", async () => {
    const template = podTemplate({ restartPolicy: "OnFailure", command: ["true"] });
    await world.cluster.apply({
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: "minutely" },
      spec: { schedule: "* * * * *", jobTemplate: { spec: { template } } },
    });
    await eventually(
      "a Job of the CronJob succeeded",
      async () => {
        const { items } = await world.cluster.get<{
          items: { status: { succeeded?: number }; metadata: { name: string } }[];
        }>("jobs");
        return items.some((job) => job.metadata.name.startsWith("minutely-") && job.status.succeeded === 1);
      },
      100_000,
    );
    await world.cluster.kubectl("delete", "cronjob", "minutely", "--wait=false");
  });

  it("the examples of deploy/examples/local are all held to an expected state", async () => {
    expect((await readdir(folder)).toSorted()).toEqual(examples.map(({ file }) => file).toSorted());
  });

  it.concurrent.for(examples)("$file reaches: $expected", async ({ reached, expected }) => {
    // A CronJob waits for the next full minute.
    await eventually(expected, async () => reached(await objects()), 110_000);
  });

  it("the example of a Deployment serves what it says: a replica answers at its address", async () => {
    const [slice] = (await objects()).endpointSlices;
    const address = slice?.endpoints?.[0]?.addresses[0];
    const answer = await fetch(`http://${address}:${slice?.ports?.[0]?.port}/way`, {
      signal: AbortSignal.timeout(5_000),
    });
    expect(await answer.text()).toBe(`${slice?.endpoints?.[0]?.targetRef?.name} GET /way\n`);
  });

  it("the examples leave their output: kubectl logs", async () => {
    expect(await world.cluster.kubectl("logs", "hello")).toBe("hello 1\nhello 2\nhello 3\nhello 4\nhello 5\n");
    expect(await world.cluster.kubectl("logs", "configured")).toContain("good morning from configured");
  });

  async function objects(): Promise<Objects> {
    const list = async <T>(kind: string): Promise<T[]> =>
      (await world.cluster.get<{ items: T[] }>(kind, "-n", "default")).items;
    const [pods, jobs, deployments, all] = await Promise.all([
      list<Objects["pods"][number]>("pods"),
      list<Objects["jobs"][number]>("jobs"),
      list<Objects["deployments"][number]>("deployments"),
      list<Objects["endpointSlices"][number]>("endpointslices"),
    ]);
    // The API server's own Service has one too.
    const endpointSlices = all.filter(({ metadata }) => metadata?.labels?.["kubernetes.io/service-name"] === "web");
    return { pods, jobs, deployments, endpointSlices };
  }
});
