import { expect, test } from "vitest";
import { configSchema } from "./config.ts";

const url = (region: string) => `https://sqs.${region}.amazonaws.com/123456789012/burstlet-events`;

test.for([
  ["in the region of the tasks", { region: "eu-central-1", events: { queueUrl: url("eu-central-1") } }, []],
  ["where no region is said", { events: { queueUrl: url("eu-west-1") } }, []],
  [
    "of a stand-in, whatever its URL says",
    { region: "eu-central-1", endpoint: "http://127.0.0.1:4566", events: { queueUrl: url("eu-west-1") } },
    [],
  ],
  [
    "whose URL tells no region",
    { region: "eu-central-1", events: { queueUrl: "http://127.0.0.1:4566/123456789012/q" } },
    [],
  ],
  [
    "in another region",
    { region: "eu-central-1", events: { queueUrl: url("eu-west-1") } },
    [
      "events.queueUrl: the queue is in eu-west-1 and the tasks are in region: eu-central-1, whose events go to queues there",
    ],
  ],
] as const)("a queue of events %s", ([, part, expected]) => {
  const needed = {
    subnets: ["subnet-0a1b2c3d"],
    executionRoleArn: "arn:aws:iam::123456789012:role/burstlet-execution",
  };
  const { error } = configSchema.safeParse({ ...needed, ...part });
  expect((error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`)).toEqual(expected);
});
