import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { examples, type Objects } from "./examples.ts";
import { startWorld, type World } from "./world.ts";

const folder = join(import.meta.dirname, "../../deploy/examples/local");

describeWith(["go", "namespaces", "root", "busybox"], "the examples of deploy/examples/local", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    await world.cluster.kubectl("apply", "-f", folder);
  });
  afterAll(() => world?.stop());

  it("are all held to an expected state", async () => {
    expect((await readdir(folder)).toSorted()).toEqual(examples.map(({ file }) => file).toSorted());
  });

  it.for(examples)("$file reaches: $expected", async ({ reached, expected }) => {
    // A CronJob waits for the next full minute.
    await eventually(expected, async () => reached(await objects()), 110_000);
  });

  it("serve what they say: a replica of the Deployment answers at its address", async () => {
    const [slice] = (await objects()).endpointSlices;
    const address = slice?.endpoints?.[0]?.addresses[0];
    const answer = await fetch(`http://${address}:${slice?.ports?.[0]?.port}/way`, {
      signal: AbortSignal.timeout(5_000),
    });
    expect(await answer.text()).toBe(`${slice?.endpoints?.[0]?.targetRef?.name} GET /way\n`);
  });

  it("leave their output: kubectl logs", async () => {
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
