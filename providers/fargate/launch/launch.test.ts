import type { Task } from "@aws-sdk/client-ecs";
import { afterEach, describe, expect, test } from "vitest";
import { silentLog } from "../../../test/support/silent-log.ts";
import type { Launch, TaskState } from "../../../src/provider.ts";
import { identityOf, startedBy } from "../identity.ts";
import type { Market } from "../market.ts";
import { type FargateRequest, labels } from "../request.ts";
import { closeAll, openClient } from "../testing.ts";
import { createDefinitions } from "./definitions.ts";
import { createLaunch, placesOfTry, runTaskInput } from "./launch.ts";

afterEach(closeAll);

const owner = { clusterUid: "cluster-1", nodeName: "virtual-1" };
const identity = { clusterUid: "cluster-1", podUid: "0a1b2c3d-1111-2222-3333-444455556666", attempt: 2 };
const request: FargateRequest = {
  definition: {
    family: "bl-0123",
    content: { containerDefinitions: [{ name: "web", image: "nginx", dockerLabels: { [labels.template]: "0123" } }] },
  },
  secrets: [],
  overrides: { containerOverrides: [{ name: "web", environment: [{ name: "A", value: "b" }] }] },
  placement: {
    places: [
      { market: "on-demand", subnet: "subnet-a" },
      { market: "on-demand", subnet: "subnet-b" },
      { market: "on-demand", subnet: "subnet-c" },
    ],
    securityGroups: ["sg-1"],
    assignPublicIp: false,
    platformVersion: "1.4.0",
  },
  tags: [
    { key: "burstlet.dev/pod", value: "web" },
    { key: "burstlet.dev/node", value: "somebody else's" },
  ],
  volumes: [],
  exec: false,
  vcpu: 0.25,
};
const launchOf = (tryNumber = 1): Launch<FargateRequest> => ({ identity, token: "token", tryNumber, request });
const signal = new AbortController().signal;
const mark = startedBy(identity, owner.nodeName);
const definition = { ...request.definition.content, taskDefinitionArn: "arn:d:1", status: "ACTIVE" };

/** The same, on Spot first. */
const spotFirst: FargateRequest = {
  ...request,
  placement: {
    ...request.placement,
    places: [
      { market: "spot", subnet: "subnet-a" },
      { market: "on-demand", subnet: "subnet-a" },
    ],
  },
};

async function open(start = 0) {
  const { aws, client } = await openClient({ DescribeTaskDefinition: () => ({ taskDefinition: definition }) });
  const exhausted: Market[] = [];
  const seen: Task[] = [];
  const launch = createLaunch({
    client,
    definitions: createDefinitions(client, silentLog),
    vault: { ensure: async () => new Map() },
    link: async () => "no launch here has objects",
    owner,
    cluster: "burstlet",
    places: { startOf: () => start },
    exhausted: (market) => void exhausted.push(market),
    log: silentLog,
    launched(task) {
      seen.push(task);
      const found = identityOf(task.startedBy, owner);
      return found && ({ id: task.taskArn, identity: found } as TaskState);
    },
  });
  return { aws, launch, seen, exhausted };
}

describe("the request", () => {
  test("names pod, attempt and node, and repeats the token", () => {
    expect(runTaskInput(launchOf(), { market: "on-demand", subnet: "subnet-a" }, "arn:d:1", owner)).toEqual({
      taskDefinition: "arn:d:1",
      count: 1,
      launchType: "FARGATE",
      platformVersion: "1.4.0",
      clientToken: "token",
      startedBy: mark,
      networkConfiguration: {
        awsvpcConfiguration: { subnets: ["subnet-a"], securityGroups: ["sg-1"], assignPublicIp: "DISABLED" },
      },
      overrides: request.overrides,
      tags: [
        { key: "burstlet.dev/pod", value: "web" },
        { key: "burstlet.dev/cluster", value: "cluster-1" },
        { key: "burstlet.dev/node", value: "virtual-1" },
      ],
    });
  });

  test.for([
    [1, 0, "subnet-a"],
    [2, 0, "subnet-b"],
    [3, 0, "subnet-c"],
    [4, 0, "subnet-a"],
    [1, 2, "subnet-c"],
    [2, 2, "subnet-a"],
  ] as const)("of try %i, begun at place %i, goes to %s", ([tryNumber, start, subnet]) => {
    expect(placesOfTry(launchOf(tryNumber), start).place).toEqual({ market: "on-demand", subnet });
  });

  test("for Spot names its capacity provider with a weight, and no launch type, which ECS refuses beside it", () => {
    const input = runTaskInput(launchOf(), { market: "spot", subnet: "subnet-a" }, "arn:d:1", owner);
    expect(input).toMatchObject({ capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT", weight: 1 }] });
    expect(input).not.toHaveProperty("launchType");
  });

  test("without security groups leaves the choice to the VPC", () => {
    const bare = { ...request, placement: { ...request.placement, securityGroups: [], assignPublicIp: true } };
    const place = { market: "on-demand", subnet: "subnet-a" } as const;
    const input = runTaskInput({ ...launchOf(), request: bare }, place, "arn:d:1", owner);
    expect(input.networkConfiguration?.awsvpcConfiguration).toEqual({
      subnets: ["subnet-a"],
      assignPublicIp: "ENABLED",
    });
  });
});

describe("a launch", () => {
  test("gives the first picture of the task, and what came is watched from then on", async () => {
    const { aws, launch, seen } = await open();
    aws.on.RunTask = ({ startedBy }) => ({ tasks: [{ taskArn: "arn:t", startedBy }] });
    await expect(launch(launchOf(), signal)).resolves.toMatchObject({ id: "arn:t", identity });
    expect(seen).toEqual([{ taskArn: "arn:t", startedBy: mark }]);
  });

  test("whose token has started a task with other parameters adopts that task", async () => {
    const { aws, launch } = await open();
    aws.on.RunTask = () => ({
      error: "ConflictException",
      message: "parameters differ",
      resourceIds: ["arn:x", "arn:t"],
    });
    aws.on.DescribeTasks = () => ({
      tasks: [
        { taskArn: "arn:x", startedBy: startedBy({ ...identity, attempt: 1 }, owner.nodeName) },
        { taskArn: "arn:t", startedBy: mark },
      ],
    });
    await expect(launch(launchOf(), signal)).resolves.toMatchObject({ id: "arn:t", identity });
  });

  test.for([
    ["not found yet", { tasks: [], failures: [{ arn: "arn:t", reason: "MISSING" }] }],
    ["somebody else's", { tasks: [{ taskArn: "arn:t", startedBy: "bl/other/0123456789/uid/1" }] }],
  ] as const)("whose conflicting task is %s stays a conflict, and the token is repeated", async ([, found]) => {
    const { aws, launch, seen } = await open();
    aws.on.RunTask = () => ({ error: "ConflictException", message: "parameters differ", resourceIds: ["arn:t"] });
    aws.on.DescribeTasks = () => found;
    await expect(launch(launchOf(), signal)).rejects.toMatchObject({ kind: "conflict" });
    expect(seen).toEqual([]);
  });

  test.for([
    ["a failure", { tasks: [], failures: [{ reason: "You've reached the limit on the number of vCPUs you can run" }] }],
    [
      "an exception",
      { error: "ClientException", message: "You've reached the limit on the number of vCPUs you can run" },
    ],
  ] as const)("beyond the quota, told by %s, has no capacity and shrinks the node", async ([, reply]) => {
    const { aws, launch, exhausted } = await open();
    aws.on.RunTask = () => reply;
    await expect(launch(launchOf(), signal)).rejects.toMatchObject({
      kind: "noCapacity",
      reason: "VcpuQuotaExceeded",
      message: expect.stringContaining("this task takes 0.25 vCPU") as string,
    });
    expect(exhausted).toEqual(["on-demand"]);
  });

  test("in a zone without room has no capacity, and the node stays as large as it is", async () => {
    const { aws, launch, exhausted } = await open();
    aws.on.RunTask = () => ({ tasks: [], failures: [{ reason: "Capacity is unavailable at this time." }] });
    await expect(launch(launchOf(), signal)).rejects.toMatchObject({
      kind: "noCapacity",
      reason: "CapacityUnavailable",
      message: expect.stringMatching(/: asked for on-demand in subnet-a/) as string,
    });
    expect(exhausted).toEqual([]);
  });

  test("that finds no Spot goes on demand by its next try, and its event says so", async () => {
    const { aws, launch } = await open();
    aws.on.RunTask = ({ startedBy, launchType }) =>
      launchType === undefined
        ? { tasks: [], failures: [{ reason: "Capacity is unavailable at this time." }] }
        : { tasks: [{ taskArn: "arn:t", startedBy }] };
    await expect(launch({ ...launchOf(1), request: spotFirst }, signal)).rejects.toMatchObject({
      kind: "noCapacity",
      reason: "CapacityUnavailable",
      message: "Capacity is unavailable at this time: asked for spot in subnet-a, next for on-demand in subnet-a",
    });
    await expect(launch({ ...launchOf(2), request: spotFirst }, signal)).resolves.toMatchObject({ id: "arn:t" });
  });

  test("beyond the quota of Spot names that one", async () => {
    const { aws, launch, exhausted } = await open();
    aws.on.RunTask = () => ({ tasks: [], failures: [{ reason: "You've reached the limit on the number of vCPUs" }] });
    await expect(launch({ ...launchOf(1), request: spotFirst }, signal)).rejects.toMatchObject({
      reason: "VcpuQuotaExceeded",
      message: expect.stringMatching(
        /L-36FBB829 .*; asked for spot in subnet-a, next for on-demand in subnet-a$/,
      ) as string,
    });
    expect(exhausted).toEqual(["spot"]);
  });

  test("of an attempt after one that found no Spot begins behind it", async () => {
    const { aws, launch } = await open(1);
    aws.on.RunTask = ({ startedBy }) => ({ tasks: [{ taskArn: "arn:t", startedBy }] });
    await launch({ ...launchOf(1), request: spotFirst }, signal);
    expect(aws.calls.at(-1)?.input).toMatchObject({ launchType: "FARGATE" });
  });

  test("on Spot of a cluster without it waits, and does not fail the pod", async () => {
    const { aws, launch } = await open();
    aws.on.RunTask = () => ({
      error: "InvalidParameterException",
      message:
        "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.",
    });
    await expect(launch({ ...launchOf(1), request: spotFirst }, signal)).rejects.toMatchObject({
      kind: "denied",
      reason: "CapacityProviderMissing",
      message: expect.stringMatching(
        /: cluster burstlet needs the capacity provider FARGATE_SPOT, by aws ecs put-cluster/,
      ) as string,
    });
  });

  test("with a revision that was deregistered looks for another one the next time", async () => {
    const { aws, launch } = await open();
    aws.on.RunTask = () => ({ error: "ClientException", message: "TaskDefinition is inactive" });
    await expect(launch(launchOf(), signal)).rejects.toMatchObject({ kind: "notFound" });
    aws.on.RunTask = ({ startedBy }) => ({ tasks: [{ taskArn: "arn:t", startedBy }] });
    await launch(launchOf(), signal);
    expect(aws.calls.filter(({ operation }) => operation === "DescribeTaskDefinition")).toHaveLength(2);
  });

  test("that is answered with a stranger's task is in doubt and adopts nothing", async () => {
    const { aws, launch } = await open();
    aws.on.RunTask = () => ({ tasks: [{ taskArn: "arn:t", startedBy: "me" }] });
    await expect(launch(launchOf(), signal)).rejects.toMatchObject({ kind: "unknown" });
  });
});
