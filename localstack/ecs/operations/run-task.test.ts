import {
  type CapacityProviderStrategyItem,
  ConflictException,
  CreateClusterCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  PutClusterCapacityProvidersCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
} from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { definition, launch, openWorld, type World } from "../../testing.ts";

type Launch = Parameters<typeof launch>[0];

const run = (world: World, change: Launch = {}) => world.ecs.send(new RunTaskCommand(launch(change)));
const register = (world: World) => world.ecs.send(new RegisterTaskDefinitionCommand(definition()));
const vpc = (change: object): Launch => ({
  networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-0a1b2c3d"], ...change } },
});

const spot = (change: object): Launch => ({
  launchType: undefined,
  capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT", weight: 1, ...change }],
});

describe("RunTask refuses", () => {
  test.for<[string, Launch, string, string]>([
    ["an unknown cluster", { cluster: "nobody" }, "ClusterNotFoundException", "Cluster not found."],
    ["an unknown definition", { taskDefinition: "bl-2" }, "ClientException", "TaskDefinition not found."],
    ["eleven tasks", { count: 11 }, "InvalidParameterException", "greater than 10"],
    ["no network", { networkConfiguration: undefined }, "InvalidParameterException", "Network Configuration must be"],
    ["an unknown subnet", vpc({ subnets: ["subnet-9"] }), "InvalidParameterException", "InvalidSubnetID.NotFound"],
    ["an unknown group", vpc({ securityGroups: ["sg-9"] }), "InvalidParameterException", "InvalidGroup.NotFound"],
    ["17 subnets", vpc({ subnets: Array(17).fill("subnet-0a1b2c3d") }), "InvalidParameterException", "at most 16"],
    ["6 groups", vpc({ securityGroups: Array(6).fill("sg-0a1b2c3d") }), "InvalidParameterException", "at most 5"],
    ["a dot in startedBy", { startedBy: "a.b" }, "InvalidParameterException", "startedBy"],
    ["a startedBy of 129", { startedBy: "a".repeat(129) }, "InvalidParameterException", "startedBy"],
    ["a token of 65", { clientToken: "a".repeat(65) }, "InvalidParameterException", "clientToken"],
    ["an unknown platform", { platformVersion: "9.9.9" }, "PlatformUnknownException", "does not exist"],
    ["no launch type", { launchType: undefined }, "InvalidParameterException", "No Container Instances"],
    [
      "an override of nobody",
      { overrides: { containerOverrides: [{ name: "x" }] } },
      "InvalidParameterException",
      "not a container",
    ],
    [
      "a size that does not exist",
      { overrides: { cpu: "256", memory: "8192" } },
      "ClientException",
      "No Fargate configuration",
    ],
    ["201 GiB", { overrides: { ephemeralStorage: { sizeInGiB: 201 } } }, "ClientException", "21 and 200"],
    [
      "overrides that are too long",
      { overrides: { containerOverrides: [{ name: "app", command: ["x".repeat(8192)] }] } },
      "InvalidParameterException",
      "at most 8192",
    ],
    [
      "a role that nobody made",
      { overrides: { taskRoleArn: "arn:aws:iam::123456789012:role/x" } },
      "ClientException",
      "unable to assume the role",
    ],
    ["Spot without a weight", spot({ weight: 0 }), "InvalidParameterException", "a weight above 0"],
    ["Spot beside a launch type", { ...spot({}), launchType: "FARGATE" }, "InvalidParameterException", "Remove one"],
    [
      "a provider that the cluster has not",
      spot({ capacityProvider: "mine" }),
      "InvalidParameterException",
      "not associated with the cluster",
    ],
  ])("%s, and starts nothing", async ([, change, name, words]) => {
    await using world = await openWorld();
    await register(world);
    await expect(run(world, change)).rejects.toThrow(
      expect.objectContaining({ name, message: expect.stringContaining(words) as string }),
    );
    expect(world.aws.counts()).toEqual({});
  });

  test("a definition that has been deregistered", async () => {
    await using world = await openWorld();
    await register(world);
    await world.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: "bl-1:1" }));
    await expect(run(world, { taskDefinition: "bl-1:1" })).rejects.toThrow("TaskDefinition is inactive");
  });
});

describe("the same client token", () => {
  test("with the same parameters tells of the same task, and starts no other", async () => {
    await using world = await openWorld();
    await register(world);
    const first = await run(world, { clientToken: "t", startedBy: "bl/1" });
    const again = await run(world, { clientToken: "t", startedBy: "bl/1", cluster: "burstlet" });
    expect(again.tasks?.[0]?.taskArn).toBe(first.tasks?.[0]?.taskArn);
    expect(world.aws.ledger.entries.map((entry) => entry.event === "launch" && entry.outcome)).toEqual([
      "launched",
      "repeated",
    ]);
  });

  test("with others is a conflict that names the task", async () => {
    await using world = await openWorld();
    await register(world);
    const first = await run(world, { clientToken: "t" });
    const conflict = await run(world, { clientToken: "t", startedBy: "bl/1" }).catch((error: unknown) => error);
    expect(conflict).toBeInstanceOf(ConflictException);
    expect((conflict as ConflictException).resourceIds).toEqual([first.tasks?.[0]?.taskArn]);
  });

  test("belongs to its cluster", async () => {
    await using world = await openWorld();
    await register(world);
    await world.ecs.send(new CreateClusterCommand({ clusterName: "other" }));
    const first = await run(world, { clientToken: "t" });
    const other = await run(world, { clientToken: "t", cluster: "other" });
    expect(other.tasks?.[0]?.taskArn).not.toBe(first.tasks?.[0]?.taskArn);
  });

  test("is forgotten an hour after the end of its task, and not before", async () => {
    await using world = await openWorld();
    await register(world);
    const first = await run(world, { clientToken: "t" });
    const arn = first.tasks?.[0]?.taskArn ?? "";
    world.aws.clock.advance(5 * 3_600_000);
    await world.ecs.send(new StopTaskCommand({ cluster: "burstlet", task: arn }));
    await world.reaches(arn, "STOPPED");
    world.aws.clock.advance(3_590_000);
    expect((await run(world, { clientToken: "t" })).tasks?.[0]?.taskArn).toBe(arn);
    world.aws.clock.advance(20_000);
    expect((await run(world, { clientToken: "t" })).tasks?.[0]?.taskArn).not.toBe(arn);
  });

  test("is forgotten after a day, though its task still runs", async () => {
    await using world = await openWorld();
    await register(world);
    const first = await run(world, { clientToken: "t" });
    world.aws.clock.advance(24 * 3_600_000);
    const second = await run(world, { clientToken: "t" });
    expect(second.tasks?.[0]?.taskArn).not.toBe(first.tasks?.[0]?.taskArn);
  });
});

describe("where there is no room", () => {
  const full = { subnets: [{ id: "subnet-0a1b2c3d", availabilityZone: "us-east-1a", capacity: 0 }] };
  const words = "Capacity is unavailable at this time";

  test("the answer has failures and no task", async () => {
    await using world = await openWorld(full);
    await register(world);
    const { tasks, failures } = await run(world);
    expect(tasks).toEqual([]);
    expect(failures).toEqual([expect.objectContaining({ reason: expect.stringContaining(words) as string })]);
    expect(world.aws.counts()).toEqual({});
  });

  test("or, by a switch, it is an exception", async () => {
    await using world = await openWorld({ ...full, switches: { capacityAnswer: "exception" } });
    await register(world);
    await expect(run(world)).rejects.toThrow(expect.objectContaining({ name: "ClientException" }));
  });

  test("or, by a switch, a task that stops before it has started", async () => {
    await using world = await openWorld({ ...full, switches: { capacityAnswer: "stopped" } });
    const arn = await world.run();
    expect(await world.reaches(arn, "STOPPED")).toMatchObject({ stopCode: "TaskFailedToStart" });
    expect((await world.look(arn))?.containers?.[0]?.exitCode).toBeUndefined();
  });

  test("a zone without room leaves the next subnet, and a token is not used up by a failure", async () => {
    await using world = await openWorld({ zones: { "us-east-1a": { capacity: 0 } } });
    await register(world);
    const failed = await run(world, { clientToken: "t" });
    expect(failed.tasks).toEqual([]);
    const { tasks } = await run(world, {
      clientToken: "t",
      ...vpc({ subnets: ["subnet-0a1b2c3d", "subnet-1a2b3c4d"] }),
    });
    expect(tasks?.[0]?.availabilityZone).toBe("us-east-1b");
  });

  test.for(["failures", "exception"] as const)(
    "the quota of vCPUs answers by %s, until a task ends",
    async (quotaAnswer) => {
      await using world = await openWorld({ quotas: { "L-3032A538": 0.25 }, switches: { quotaAnswer } });
      const arn = await world.run();
      const second = run(world).then(
        ({ failures }) => failures?.[0]?.reason,
        (error: Error) => `${error.name}: ${error.message}`,
      );
      expect(await second).toMatch(
        quotaAnswer === "failures" ? /^You’ve reached the limit/ : /^ClientException: You’ve reached/,
      );
      await world.ecs.send(new StopTaskCommand({ cluster: "burstlet", task: arn }));
      await world.reaches(arn, "STOPPED");
      expect((await run(world)).tasks).toHaveLength(1);
    },
  );
});

describe("Spot", () => {
  test("has room and vCPUs of its own", async () => {
    await using world = await openWorld({ zones: { "us-east-1a": { spotCapacity: 0.25 } } });
    await register(world);
    expect((await run(world, spot({}))).tasks?.[0]).toMatchObject({ capacityProviderName: "FARGATE_SPOT" });
    expect((await run(world, spot({}))).failures?.[0]?.reason).toMatch(/^Capacity is unavailable/);
    expect((await run(world)).tasks?.[0]).not.toHaveProperty("capacityProviderName");
    world.aws.scenario.change({ quotas: { "L-36FBB829": 0.25 } });
    expect((await run(world, spot({}))).failures?.[0]?.reason).toMatch(/limit on the number of vCPUs/);
    const markets = world.aws.ledger.entries.map((entry) => entry.event === "launch" && entry.market);
    expect(markets).toEqual(["spot", "spot", "on-demand", "spot"]);
  });

  test("is there once the cluster has been given it", async () => {
    await using world = await openWorld({ clusters: [] });
    await register(world);
    await world.ecs.send(new CreateClusterCommand({ clusterName: "burstlet" }));
    await expect(run(world, spot({}))).rejects.toThrow("not associated with the cluster");
    const put = (strategy: CapacityProviderStrategyItem[]) =>
      world.ecs.send(
        new PutClusterCapacityProvidersCommand({
          cluster: "burstlet",
          capacityProviders: ["FARGATE", "FARGATE_SPOT"],
          defaultCapacityProviderStrategy: strategy,
        }),
      );
    await expect(put([{ capacityProvider: "mine" }])).rejects.toThrow("not associated with the cluster");
    expect((await put([])).cluster?.capacityProviders).toEqual(["FARGATE", "FARGATE_SPOT"]);
    expect((await run(world, spot({}))).tasks).toHaveLength(1);
  });
});

test("a cluster that the scenario comes to name is there, and stays when it names it no more", async () => {
  await using world = await openWorld();
  await register(world);
  await expect(run(world, { cluster: "late" })).rejects.toThrow("Cluster not found.");
  world.aws.scenario.change({ clusters: ["late"] });
  for (const cluster of ["late", "burstlet"]) expect((await run(world, { cluster })).tasks).toHaveLength(1);
});

test("right after RunTask other calls do not know the task yet, for as long as the scenario says", async () => {
  await using world = await openWorld({ times: { visible: 600 } });
  const arn = await world.run();
  const { failures } = await world.ecs.send(new DescribeTasksCommand({ cluster: "burstlet", tasks: [arn] }));
  expect(failures).toEqual([{ arn, reason: "MISSING" }]);
  expect((await world.ecs.send(new ListTasksCommand({ cluster: "burstlet" }))).taskArns).toEqual([]);
  world.aws.clock.advance(601_000);
  expect((await world.ecs.send(new ListTasksCommand({ cluster: "burstlet" }))).taskArns).toEqual([arn]);
});

test("calls above the rate are throttled with AWS's error and have no other effect", async () => {
  await using world = await openWorld({ quotas: { "L-3032A538": 1000 } });
  await register(world);
  world.aws.clock.setRate(1e-6);
  const answers = await Promise.allSettled(Array.from({ length: 30 }, () => run(world)));
  const refused = answers.filter((answer) => answer.status === "rejected");
  expect(refused).toHaveLength(10);
  expect(refused[0]?.reason).toMatchObject({
    name: "ThrottlingException",
    message: "Rate exceeded",
    $metadata: { httpStatusCode: 400 },
  });
  expect(world.aws.calls.all["ecs:RunTask"]).toEqual({ ok: 20, ThrottlingException: 10 });
  expect(world.aws.ledger.entries).toHaveLength(20);
});
