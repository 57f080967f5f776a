import {
  CreateClusterCommand,
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  ListTagsForResourceCommand,
  ListTaskDefinitionsCommand,
  type ListTaskDefinitionsCommandInput,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  StopTaskCommand,
  TagResourceCommand,
} from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { definition, openWorld, type World } from "../../testing.ts";

const register = async (world: World, family: string) =>
  (await world.ecs.send(new RegisterTaskDefinitionCommand(definition({ family })))).taskDefinition;
const list = async (world: World, input: ListTaskDefinitionsCommandInput = {}) =>
  (await world.ecs.send(new ListTaskDefinitionsCommand(input))).taskDefinitionArns?.map((arn) => arn.split("/")[1]);
const describeOf = (world: World, taskDefinition: string) =>
  world.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition, include: ["TAGS"] }));

describe("definitions", () => {
  test("have a revision each, and are told as they were registered, with what they left out", async () => {
    await using world = await openWorld();
    await register(world, "bl-1");
    expect((await register(world, "bl-1"))?.revision).toBe(2);
    const { taskDefinition } = await describeOf(world, "bl-1");
    expect(taskDefinition).toMatchObject({
      family: "bl-1",
      revision: 2,
      status: "ACTIVE",
      registeredAt: expect.any(Date) as Date,
      containerDefinitions: [
        { name: "app", image: "scripted", essential: true, cpu: 0, environment: [], mountPoints: [] },
      ],
    });
    expect((await describeOf(world, "bl-1:1")).taskDefinition?.revision).toBe(1);
    await expect(describeOf(world, "bl-2")).rejects.toThrow("Unable to describe task definition.");
  });

  test("are not registered twice at once in one family", async () => {
    await using world = await openWorld({ times: { register: 2 } });
    const both = await Promise.allSettled([register(world, "bl-1"), register(world, "bl-1"), register(world, "bl-2")]);
    const words = "Too many concurrent attempts to create a new revision of the specified family.";
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    expect(both.find((one) => one.status === "rejected")?.reason).toMatchObject({
      name: "ClientException",
      message: words,
    });
  });

  test("are listed by family and state, page by page", async () => {
    await using world = await openWorld();
    for (const family of ["bl-2", "bl-1", "bl-1"]) await register(world, family);
    await world.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: "bl-1:1" }));
    expect(await list(world)).toEqual(["bl-1:2", "bl-2:1"]);
    expect(await list(world, { sort: "DESC" })).toEqual(["bl-2:1", "bl-1:2"]);
    expect(await list(world, { status: "INACTIVE" })).toEqual(["bl-1:1"]);
    expect(await list(world, { familyPrefix: "bl-2" })).toEqual(["bl-2:1"]);
    const { nextToken } = await world.ecs.send(new ListTaskDefinitionsCommand({ maxResults: 1 }));
    expect(await list(world, { maxResults: 1, nextToken })).toEqual(["bl-2:1"]);
    await expect(list(world, { nextToken: "x" })).rejects.toThrow("Invalid token");
  });

  test("are deregistered before they are deleted, ten at once at most", async () => {
    await using world = await openWorld();
    await register(world, "bl-1");
    const remove = (...taskDefinitions: string[]) =>
      world.ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions }));
    expect((await remove("bl-1:1")).failures).toEqual([
      expect.objectContaining({ reason: expect.stringContaining("ACTIVE") as string }),
    ]);
    await world.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: "bl-1:1" }));
    expect((await describeOf(world, "bl-1:1")).taskDefinition?.status).toBe("INACTIVE");
    expect((await remove("bl-1:1")).taskDefinitions?.[0]?.status).toBe("DELETE_IN_PROGRESS");
    await expect(describeOf(world, "bl-1:1")).rejects.toThrow("Unable to describe");
    await expect(remove(...Array.from({ length: 11 }, () => "bl-1:1"))).rejects.toThrow("at most 10");
    await expect(world.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: "bl-1" }))).rejects.toThrow(
      "revision",
    );
  });
});

describe("lists of tasks", () => {
  test("are paged, and a task that ends meanwhile breaks no page", async () => {
    await using world = await openWorld();
    const arns = [await world.run(), await world.run(), await world.run()];
    const page = (nextToken?: string) =>
      world.ecs.send(new ListTasksCommand({ cluster: "burstlet", maxResults: 1, nextToken }));
    const first = await page();
    await world.ecs.send(new StopTaskCommand({ cluster: "burstlet", task: arns[0] }));
    const second = await page(first.nextToken);
    const third = await page(second.nextToken);
    expect([first, second, third].flatMap(({ taskArns }) => taskArns)).toEqual(arns);
    expect(third.nextToken).toBeUndefined();
  });

  test("take startedBy alone, and whether that tells stopped tasks is a switch", async () => {
    await using world = await openWorld();
    const arn = await world.run({}, { startedBy: "bl/1" });
    await world.run({}, { startedBy: "bl/2" });
    await world.ecs.send(new StopTaskCommand({ cluster: "burstlet", task: arn }));
    const listed = async (change: object = {}) =>
      (await world.ecs.send(new ListTasksCommand({ cluster: "burstlet", startedBy: "bl/1", ...change }))).taskArns;
    expect(await listed()).toEqual([]);
    world.aws.scenario.change({ switches: { listStartedByStopped: true } });
    expect(await listed()).toEqual([arn]);
    await expect(listed({ family: "bl-1" })).rejects.toThrow(
      expect.objectContaining({ name: "InvalidParameterException" }),
    );
  });
});

test("tags are for tasks, clusters and definitions that exist", async () => {
  await using world = await openWorld();
  const { cluster } = await world.ecs.send(
    new CreateClusterCommand({ clusterName: "c", tags: [{ key: "a", value: "1" }] }),
  );
  const resourceArn = cluster?.clusterArn;
  await world.ecs.send(
    new TagResourceCommand({
      resourceArn,
      tags: [
        { key: "a", value: "2" },
        { key: "b", value: "3" },
      ],
    }),
  );
  const { tags } = await world.ecs.send(new ListTagsForResourceCommand({ resourceArn }));
  expect(tags).toEqual([
    { key: "a", value: "2" },
    { key: "b", value: "3" },
  ]);
  const nobody = world.ecs.send(new ListTagsForResourceCommand({ resourceArn: `${resourceArn}x` }));
  await expect(nobody).rejects.toThrow("was not found");
});
