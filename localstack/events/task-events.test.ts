import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { CreateClusterCommand, StopTaskCommand } from "@aws-sdk/client-ecs";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import type { ScenarioInput } from "../scenario/schema.ts";
import { openWorld, type World } from "../testing.ts";

interface Event {
  readonly id: string;
  readonly detail: { readonly taskArn: string; readonly lastStatus: string; readonly version: number };
}

const queue = "task-events";
const scenario: ScenarioInput = { queues: [queue], eventRules: [{ cluster: "burstlet", queue }] };

/** All that is in the queue now. */
async function eventsIn(world: World): Promise<Event[]> {
  const sqs = new SQSClient(world.config);
  const QueueUrl = `https://sqs.us-east-1.amazonaws.com/123456789012/${queue}`;
  const events: Event[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return events;
    events.push(...Messages.map(({ Body = "" }) => JSON.parse(Body) as Event));
  }
}

async function lifeOfATask(world: World): Promise<string> {
  const arn = await world.run({}, { startedBy: "bl/1", tags: [{ key: "a", value: "b" }] });
  await world.reaches(arn, "RUNNING");
  await world.ecs.send(new StopTaskCommand({ cluster: "burstlet", task: arn, reason: "enough" }));
  await world.reaches(arn, "STOPPED");
  return arn;
}

test("each change of a task is an event, with a version of its own that DescribeTasks tells too", async () => {
  await using world = await openWorld(scenario);
  const arn = await lifeOfATask(world);
  const events = await eventsIn(world);
  const versions = events.map(({ detail }) => detail.version);
  expect(versions).toEqual(Array.from(versions, (_, index) => index + 1));
  expect((await world.look(arn))?.version).toBe(versions.at(-1));
  const statuses = events.map(({ detail }) => detail.lastStatus);
  for (const status of ["PROVISIONING", "PENDING", "RUNNING", "DEPROVISIONING", "STOPPED"])
    expect(statuses).toContain(status);
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
});

test("an event is as those of Fargate are: times as texts, neither tags nor health", async () => {
  await using world = await openWorld(scenario);
  const arn = await lifeOfATask(world);
  const last = (await eventsIn(world)).at(-1);
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
  expect(last).toMatchObject({
    version: "0",
    id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string,
    "detail-type": "ECS Task State Change",
    source: "aws.ecs",
    account: "123456789012",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
    region: "us-east-1",
    resources: [arn],
    detail: {
      taskArn: arn,
      clusterArn: "arn:aws:ecs:us-east-1:123456789012:cluster/burstlet",
      startedBy: "bl/1",
      lastStatus: "STOPPED",
      desiredStatus: "STOPPED",
      stopCode: "UserInitiated",
      stoppedReason: "enough",
      createdAt: time,
      startedAt: time,
      stoppedAt: time,
      updatedAt: time,
      attachments: [expect.objectContaining({ type: "eni" }) as object],
      containers: [expect.objectContaining({ name: "app", lastStatus: "STOPPED" }) as object],
    },
  });
  const detail = last?.detail as { containers?: object[] } | undefined;
  for (const part of [detail, ...(detail?.containers ?? [])]) {
    expect(part).not.toHaveProperty("healthStatus");
    expect(part).not.toHaveProperty("tags");
  }
});

test("a change of health is none", async () => {
  await using world = await openWorld(scenario);
  const arn = await world.run();
  await world.reaches(arn, "RUNNING");
  await eventsIn(world);
  world.aws.setHealth(arn, "app", "UNHEALTHY");
  expect(await eventsIn(world)).toEqual([]);
});

test("events of other clusters, and of a queue that lets nobody in, do not come", async () => {
  await using world = await openWorld({ queues: [], eventRules: [{ cluster: "burstlet", queue }] });
  await new SQSClient(world.config).send(new CreateQueueCommand({ QueueName: queue }));
  await world.reaches(await world.run(), "RUNNING");
  expect(await eventsIn(world)).toEqual([]);
  world.aws.queues.remove(queue);
  world.aws.queues.create(queue);
  await world.ecs.send(new CreateClusterCommand({ clusterName: "other" }));
  await world.run({}, { cluster: "other" });
  expect(await eventsIn(world)).toEqual([]);
  await world.run();
  expect(await eventsIn(world)).not.toEqual([]);
});

test("the documents of deploy/iam make a queue that EventBridge may write into, and a rule that lets these events by", async () => {
  const document = async (name: string): Promise<unknown> =>
    JSON.parse(
      (await readFile(new URL(`../../deploy/iam/${name}`, import.meta.url), "utf8")).replaceAll(
        "eu-central-1",
        "us-east-1",
      ),
    );
  const Attributes = (await document("events-queue.json")) as Record<string, string>;
  await using world = await openWorld({ eventRules: [{ cluster: "burstlet", queue }] });
  await new SQSClient(world.config).send(new CreateQueueCommand({ QueueName: queue, Attributes }));
  await world.run();
  const [event] = await eventsIn(world);
  const pattern = (await document("events-pattern.json")) as Pattern;
  expect(Object.keys(pattern).toSorted()).toEqual(["detail", "detail-type", "source"]);
  expect(matches(event, pattern)).toBe(true);
  expect(matches({ ...event, source: "aws.ec2" }, pattern)).toBe(false);
});

interface Pattern {
  readonly [name: string]: readonly string[] | Pattern;
}
/** As EventBridge does it with plain values: each that is named has one of those that are listed. */
function matches(value: unknown, pattern: readonly string[] | Pattern): boolean {
  if (Array.isArray(pattern)) return pattern.includes(value);
  return Object.entries(pattern as Pattern).every(([name, one]) =>
    matches((value as Record<string, unknown>)[name], one),
  );
}

test.for([
  ["twice", 2],
  ["disordered", 2],
  ["never", 0],
] as const)("events come %s, by the scenario", async ([taskEvents, times]) => {
  await using world = await openWorld({ ...scenario, switches: { taskEvents } });
  await lifeOfATask(world);
  world.aws.clock.advance(1_000);
  const versions = (await eventsIn(world)).map(({ detail }) => detail.version);
  expect(versions.length).toBe(times * new Set(versions).size);
  const inOrder = versions.toSorted((a, b) => a - b);
  if (taskEvents === "disordered") expect(versions).not.toEqual(inOrder);
  else expect(versions).toEqual(inOrder);
});

test("an event is late by as much as the scenario says", async () => {
  await using world = await openWorld({ ...scenario, times: { event: 600 } });
  await world.reaches(await world.run(), "RUNNING");
  expect(await eventsIn(world)).toEqual([]);
  world.aws.clock.advance(600_000);
  await eventually("they are there", async () => (await eventsIn(world)).length > 0);
});
