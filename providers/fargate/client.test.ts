import { ECSClient } from "@aws-sdk/client-ecs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { providerContext } from "../../test/support/provider-context.ts";
import { type AwsSession, createSession } from "../aws/session.ts";
import { createEcsBuckets } from "./quotas/buckets.ts";
import { createEcsClient, type EcsClient } from "./client.ts";
import { credentials, type FakeAws, startFakeAws } from "./testing.ts";

const arn = "arn:aws:ecs:eu-central-1:1:task-definition/bl-1:1";
const input = { taskDefinition: arn, clientToken: "t" };
let aws: FakeAws;
let client: EcsClient;
const sessions: AwsSession[] = [];

function clientOf(endpoint: string): EcsClient {
  const session = createSession({ region: "eu-central-1", endpoint });
  sessions.push(session);
  const context = providerContext(fakeClock());
  const ecs = new ECSClient({ ...session.clientConfig, credentials });
  return createEcsClient(ecs, "burstlet", createEcsBuckets(context.limiter));
}

beforeEach(async () => {
  aws = await startFakeAws();
  client = clientOf(aws.url);
});
afterEach(async () => {
  for (const session of sessions.splice(0)) session.close();
  await aws.close();
});

const times = (operation: string): number => aws.calls.filter((call) => call.operation === operation).length;

describe("RunTask", () => {
  test("goes to the cluster and gives the one task", async () => {
    aws.on.RunTask = () => ({ tasks: [{ taskArn: "arn:task" }], failures: [] });
    await expect(client.runTask(input)).resolves.toEqual({ taskArn: "arn:task" });
    expect(aws.calls[0]?.input).toEqual({ ...input, cluster: "burstlet" });
    expect(aws.calls[0]?.headers["user-agent"]).toContain("burstlet");
  });

  test("without a task rejects with what the failure means", async () => {
    aws.on.RunTask = () => ({ tasks: [], failures: [{ reason: "Capacity is unavailable at this time." }] });
    await expect(client.runTask(input)).rejects.toMatchObject({ kind: "noCapacity" });
  });

  test.for(["hang up", { error: "ServerException", status: 500 }] as const)(
    "that ends in doubt (%j) is sent once: the next try has to be the core's, with the same token",
    async (reply) => {
      aws.on.RunTask = () => reply;
      await expect(client.runTask(input)).rejects.toMatchObject({
        kind: reply === "hang up" ? "unknown" : "transient",
      });
      expect(times("RunTask")).toBe(1);
    },
  );

  test("that is aborted rejects with the signal's reason", async () => {
    const controller = new AbortController();
    aws.on.RunTask = () => {
      controller.abort(new Error("stop"));
      return new Promise(() => undefined);
    };
    await expect(client.runTask(input, controller.signal)).rejects.toThrow("stop");
  });
});

describe("tasks", () => {
  test("are described with their tags, and what is missing is told", async () => {
    aws.on.DescribeTasks = () => ({ tasks: [{ taskArn: "a" }], failures: [{ arn: "b", reason: "MISSING" }] });
    await expect(client.describeTasks(["a", "b"])).resolves.toEqual({ tasks: [{ taskArn: "a" }], missing: ["b"] });
    expect(aws.calls[0]?.input).toEqual({ cluster: "burstlet", tasks: ["a", "b"], include: ["TAGS"] });
  });

  test("none are described without a call, which ECS would refuse", async () => {
    await expect(client.describeTasks([])).resolves.toEqual({ tasks: [], missing: [] });
    expect(aws.calls).toEqual([]);
  });

  test("are listed to the last page", async () => {
    aws.on.ListTasks = ({ nextToken }) =>
      nextToken === undefined ? { taskArns: ["a"], nextToken: "2" } : { taskArns: ["b"] };
    await expect(client.listTasks("STOPPED")).resolves.toEqual(["a", "b"]);
    expect(aws.calls.map((call) => call.input.desiredStatus)).toEqual(["STOPPED", "STOPPED"]);
  });

  test("that ECS does not know cannot be stopped", async () => {
    aws.on.StopTask = () => ({ error: "InvalidParameterException", message: "The referenced task was not found." });
    await expect(client.stopTask("a", "burstlet: deleted")).rejects.toMatchObject({ kind: "notFound" });
  });
});

describe("task definitions", () => {
  test("by ARN are asked for once, also by many at once; by family each time", async () => {
    aws.on.DescribeTaskDefinition = () => ({ taskDefinition: { taskDefinitionArn: arn } });
    await Promise.all([1, 2, 3].map(async () => client.describeTaskDefinition(arn)));
    await client.describeTaskDefinition(arn);
    expect(times("DescribeTaskDefinition")).toBe(1);
    await client.describeTaskDefinition("bl-1");
    await client.describeTaskDefinition("bl-1");
    expect(times("DescribeTaskDefinition")).toBe(3);
  });

  test("that could not be read are asked for again", async () => {
    aws.on.DescribeTaskDefinition = () => ({ error: "ServerException", status: 500 });
    await expect(client.describeTaskDefinition(arn)).rejects.toMatchObject({ kind: "transient" });
    aws.on.DescribeTaskDefinition = () => ({ taskDefinition: { taskDefinitionArn: arn } });
    await expect(client.describeTaskDefinition(arn)).resolves.toMatchObject({ taskDefinitionArn: arn });
  });
});

const everyCall: [string, (client: EcsClient) => Promise<unknown>][] = [
  ["RunTask", async (client) => client.runTask(input)],
  ["DescribeTasks", async (client) => client.describeTasks(["a"])],
  ["ListTasks", async (client) => client.listTasks("RUNNING")],
  ["StopTask", async (client) => client.stopTask("a", "why")],
  ["DescribeTaskDefinition", async (client) => client.describeTaskDefinition(arn)],
  [
    "RegisterTaskDefinition",
    async (client) => client.registerTaskDefinition({ family: "bl-1", containerDefinitions: [] }),
  ],
  ["DescribeClusters", async (client) => client.describeCluster()],
];

test.for(everyCall)(
  "%s is denied with an expired credential, and transient where nobody listens",
  async ([name, call]) => {
    aws.on[name] = () => ({ error: "ExpiredTokenException", message: "The security token has expired" });
    await expect(call(client)).rejects.toMatchObject({ kind: "denied", message: "The security token has expired" });
    await aws.close();
    await expect(call(clientOf(aws.url))).rejects.toMatchObject({ kind: "transient", reason: "CloudUnreachable" });
  },
);

test("a cluster that was deleted is none", async () => {
  aws.on.DescribeClusters = () => ({ clusters: [{ clusterName: "burstlet", status: "INACTIVE" }] });
  await expect(client.describeCluster()).resolves.toBeUndefined();
  aws.on.DescribeClusters = () => ({ clusters: [{ clusterName: "burstlet", status: "ACTIVE" }] });
  await expect(client.describeCluster()).resolves.toMatchObject({ status: "ACTIVE" });
});
