import { describe, expect, test } from "vitest";
import { startedBy } from "../identity.ts";
import { at, identity, observer, taskOf } from "../tasks/testing.ts";
import { eventOf } from "./testing.ts";
import { told } from "./task-event.ts";

/** As one of Fargate that was published, but for names. */
const published = {
  version: "0",
  id: "47cc72d7-e8dd-320c-cba3-a8d73d1f8d0d",
  "detail-type": "ECS Task State Change",
  source: "aws.ecs",
  account: "123456789012",
  time: "2026-01-02T15:29:11Z",
  region: "eu-central-1",
  resources: ["arn:aws:ecs:eu-central-1:123456789012:task/burstlet/c50e321c974248dbaf4ae2cfa1662986"],
  detail: {
    attachments: [
      {
        id: "17a62b05-62f5-4c9b-99f6-56f4b0e13813",
        type: "eni",
        status: "DELETED",
        details: [
          { name: "subnetId", value: "subnet-0a1b2c3d" },
          { name: "privateIPv4Address", value: "10.0.215.105" },
        ],
      },
    ],
    attributes: [{ name: "ecs.cpu-architecture", value: "x86_64" }],
    availabilityZone: "eu-central-1a",
    capacityProviderName: "FARGATE_SPOT",
    clusterArn: "arn:aws:ecs:eu-central-1:123456789012:cluster/burstlet",
    connectivity: "CONNECTED",
    connectivityAt: "2026-01-02T14:19:19.928Z",
    containers: [
      {
        containerArn: "arn:aws:ecs:eu-central-1:123456789012:container/burstlet/c50e/faced4af",
        exitCode: 137,
        lastStatus: "STOPPED",
        name: "app",
        image: "app:1",
        imageDigest: "sha256:4c8a",
        runtimeId: "c50e321c974248dbaf4ae2cfa1662986-766747396",
        taskArn: "arn:aws:ecs:eu-central-1:123456789012:task/burstlet/c50e321c974248dbaf4ae2cfa1662986",
        networkInterfaces: [{ attachmentId: "17a62b05", privateIpv4Address: "10.0.215.105" }],
        cpu: "0",
        memory: "512",
        managedAgents: [{ name: "ExecuteCommandAgent", status: "STOPPED" }],
      },
    ],
    cpu: "256",
    createdAt: "2026-01-02T14:19:14.98Z",
    desiredStatus: "STOPPED",
    enableExecuteCommand: true,
    ephemeralStorage: { sizeInGiB: 20 },
    executionStoppedAt: "2026-01-02T15:28:48.391Z",
    group: "family:bl-1",
    launchType: "FARGATE",
    lastStatus: "STOPPED",
    memory: "512",
    overrides: { containerOverrides: [{ name: "app" }] },
    platformVersion: "1.4.0",
    pullStartedAt: "2026-01-02T14:19:27.907Z",
    pullStoppedAt: "2026-01-02T14:19:32.427Z",
    startedAt: "2026-01-02T14:19:34.52Z",
    startedBy: startedBy(identity, observer.nodeName),
    stoppingAt: "2026-01-02T15:28:04.974Z",
    stoppedAt: "2026-01-02T15:29:11.177Z",
    stoppedReason: "Your Spot Task was interrupted.",
    stopCode: "SpotInterruption",
    taskArn: "arn:aws:ecs:eu-central-1:123456789012:task/burstlet/c50e321c974248dbaf4ae2cfa1662986",
    taskDefinitionArn: "arn:aws:ecs:eu-central-1:123456789012:task-definition/bl-1:10",
    updatedAt: "2026-01-02T15:29:11.177Z",
    version: 6,
  },
};
const read = (body: unknown) => told(typeof body === "string" ? body : JSON.stringify(body), "burstlet", observer);
const changed = (change: object) => ({ ...published, detail: { ...published.detail, ...change } });

describe("an event of ECS", () => {
  test("is the picture that DescribeTasks shows, with its times as times", () => {
    expect(read(published)).toEqual({
      is: "event",
      event: {
        at: Date.parse("2026-01-02T15:29:11Z"),
        task: {
          taskArn: published.resources[0],
          taskDefinitionArn: published.detail.taskDefinitionArn,
          startedBy: published.detail.startedBy,
          version: 6,
          lastStatus: "STOPPED",
          desiredStatus: "STOPPED",
          containers: [
            {
              name: "app",
              lastStatus: "STOPPED",
              exitCode: 137,
              image: "app:1",
              imageDigest: "sha256:4c8a",
              runtimeId: "c50e321c974248dbaf4ae2cfa1662986-766747396",
              networkInterfaces: [{ privateIpv4Address: "10.0.215.105" }],
            },
          ],
          attachments: [{ details: published.detail.attachments[0]?.details }],
          capacityProviderName: "FARGATE_SPOT",
          cpu: "256",
          memory: "512",
          ephemeralStorage: { sizeInGiB: 20 },
          stopCode: "SpotInterruption",
          stoppedReason: "Your Spot Task was interrupted.",
          createdAt: new Date("2026-01-02T14:19:14.980Z"),
          pullStoppedAt: new Date("2026-01-02T14:19:32.427Z"),
          startedAt: new Date("2026-01-02T14:19:34.520Z"),
          stoppingAt: new Date("2026-01-02T15:28:04.974Z"),
          executionStoppedAt: new Date("2026-01-02T15:28:48.391Z"),
          stoppedAt: new Date("2026-01-02T15:29:11.177Z"),
        },
      },
    });
  });

  test("of a task that has only begun has what there is of it", () => {
    const task = taskOf("one", { lastStatus: "PENDING" }, { lastStatus: "PROVISIONING" });
    expect(read(eventOf(task, at(0).getTime()))).toMatchObject({
      is: "event",
      event: { at: at(0).getTime(), task: { lastStatus: "PROVISIONING", containers: [{ lastStatus: "PENDING" }] } },
    });
  });

  test("whose times are none is told without them", () => {
    const { event } = read(changed({ startedAt: "soon", createdAt: null })) as { event: { task: object } };
    expect(event.task).toMatchObject({ startedAt: undefined, createdAt: undefined, lastStatus: "STOPPED" });
  });
});

test.for([
  ["of another cluster", changed({ clusterArn: "arn:aws:ecs:eu-central-1:123456789012:cluster/other" })],
  ["of another node", changed({ startedBy: startedBy(identity, "other") })],
  [
    "of another installation",
    changed({ startedBy: startedBy({ ...identity, clusterUid: "other" }, observer.nodeName) }),
  ],
  ["of a service of ECS", changed({ startedBy: "ecs-svc/8646900195280463695" })],
  ["of a task that nobody says to have started", changed({ startedBy: undefined })],
  ["about something else", { ...published, "detail-type": "ECS Service Action" }],
  ["of another service", { ...published, source: "aws.ec2" }],
])("an event %s is none of ours", ([, body]) => {
  expect(read(body)).toEqual({ is: "foreign" });
});

test.for([
  ["no JSON", "hello"],
  ["no event", { records: [] }],
  ["null", null],
  ["an event without a time", { ...published, time: undefined }],
  ["an event without a version", changed({ version: undefined })],
  ["an event whose version is a text", changed({ version: "6" })],
  ["an event whose containers are none", changed({ containers: "app" })],
])("%s is malformed, and told why", ([, body]) => {
  expect(read(body)).toEqual({ is: "malformed", why: expect.stringMatching(/\w+/) as string });
});
