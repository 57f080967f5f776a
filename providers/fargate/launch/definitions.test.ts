import { afterEach, describe, expect, test } from "vitest";
import { silentLog } from "../../../test/support/silent-log.ts";
import { labels, type TaskTemplate } from "../request.ts";
import { closeAll, type FakeAws, openClient } from "../testing.ts";
import { createDefinitions, type Definitions } from "./definitions.ts";

afterEach(closeAll);

const template: TaskTemplate = {
  family: "bl-0123",
  content: {
    taskRoleArn: "arn:aws:iam::1:role/task",
    containerDefinitions: [
      { name: "web", image: "nginx", dockerLabels: { [labels.template]: "0123" } },
      { name: "side", image: "envoy", entryPoint: ["/envoy"] },
    ],
  },
};
const stored = { ...template.content, family: "bl-0123", status: "ACTIVE", revision: 1, taskDefinitionArn: "arn:1" };
const nothing = { error: "ClientException", message: "Unable to describe task definition." };

async function open(): Promise<{ aws: FakeAws; definitions: Definitions; warnings: string[] }> {
  const { aws, client } = await openClient();
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (message: string) => void warnings.push(message) };
  return { aws, definitions: createDefinitions(client, log), warnings };
}
const operations = (aws: FakeAws): string[] => aws.calls.map(({ operation }) => operation);

describe("a task definition", () => {
  test("is registered once for a thousand pods of one template, and never asked for again", async () => {
    const { aws, definitions } = await open();
    aws.on.DescribeTaskDefinition = () => nothing;
    aws.on.RegisterTaskDefinition = () => ({ taskDefinition: stored });
    const all = await Promise.all(Array.from({ length: 1_000 }, async () => definitions.ensure(template)));
    expect(new Set(all.map(({ taskDefinitionArn }) => taskDefinitionArn))).toEqual(new Set(["arn:1"]));
    await definitions.ensure(template);
    expect(operations(aws)).toEqual(["DescribeTaskDefinition", "RegisterTaskDefinition"]);
    expect(aws.calls[1]?.input).toEqual({ ...template.content, family: "bl-0123" });
  });

  test("that an earlier life registered is used", async () => {
    const { aws, definitions } = await open();
    aws.on.DescribeTaskDefinition = () => ({ taskDefinition: stored });
    await expect(definitions.ensure(template)).resolves.toMatchObject({ taskDefinitionArn: "arn:1" });
    expect(operations(aws)).toEqual(["DescribeTaskDefinition"]);
  });

  test("that another writer is just registering is theirs and ours", async () => {
    const { aws, definitions } = await open();
    let registered = false;
    aws.on.DescribeTaskDefinition = () => (registered ? { taskDefinition: stored } : nothing);
    aws.on.RegisterTaskDefinition = () => {
      registered = true;
      return {
        error: "ClientException",
        message: "Too many concurrent attempts to create a new revision of the specified family.",
      };
    };
    await expect(definitions.ensure(template)).resolves.toMatchObject({ taskDefinitionArn: "arn:1" });
  });

  test("that nobody has registered after all is a conflict, and tried again by the next launch", async () => {
    const { aws, definitions } = await open();
    aws.on.DescribeTaskDefinition = () => nothing;
    aws.on.RegisterTaskDefinition = () => ({ error: "ClientException", message: "Too many concurrent attempts" });
    await expect(definitions.ensure(template)).rejects.toMatchObject({ kind: "conflict" });
    aws.on.RegisterTaskDefinition = () => ({ taskDefinition: stored });
    await expect(definitions.ensure(template)).resolves.toMatchObject({ taskDefinitionArn: "arn:1" });
  });

  test.for([
    ["without the mark", { containerDefinitions: [{ name: "web", image: "nginx" }] }],
    [
      "with another mark",
      { containerDefinitions: [{ ...stored.containerDefinitions?.[0], dockerLabels: { [labels.template]: "9" } }] },
    ],
    ["with our mark and another role", { taskRoleArn: "arn:aws:iam::1:role/admin" }],
    [
      "with our mark and another image",
      {
        containerDefinitions: [
          { ...stored.containerDefinitions?.[0], image: "evil" },
          stored.containerDefinitions?.[1],
        ],
      },
    ],
    [
      "with our mark and one more container",
      { containerDefinitions: [...(stored.containerDefinitions ?? []), { name: "spy", image: "spy" }] },
    ],
    [
      "with our mark and somebody else's files",
      { volumes: [{ name: "v", efsVolumeConfiguration: { fileSystemId: "fs-1" } }] },
    ],
    [
      "with our mark and another command",
      {
        containerDefinitions: [stored.containerDefinitions?.[0], { name: "side", image: "envoy", entryPoint: ["/sh"] }],
      },
    ],
  ] as const)("of our family %s is foreign: told, and a revision of our own is registered", async ([, change]) => {
    const { aws, definitions, warnings } = await open();
    aws.on.DescribeTaskDefinition = () => ({ taskDefinition: { ...stored, ...change } });
    aws.on.RegisterTaskDefinition = () => ({ taskDefinition: { ...stored, taskDefinitionArn: "arn:2" } });
    await expect(definitions.ensure(template)).resolves.toMatchObject({ taskDefinitionArn: "arn:2" });
    expect(warnings).toEqual(["task definition of this family is not what burstlet registers"]);
  });

  test("that ECS does not take any more is looked for again", async () => {
    const { aws, definitions } = await open();
    aws.on.DescribeTaskDefinition = () => ({ taskDefinition: stored });
    await definitions.ensure(template);
    aws.on.DescribeTaskDefinition = () => ({ taskDefinition: { ...stored, status: "INACTIVE" } });
    aws.on.RegisterTaskDefinition = () => ({ taskDefinition: { ...stored, taskDefinitionArn: "arn:2" } });
    definitions.forget("bl-0123");
    await expect(definitions.ensure(template)).resolves.toMatchObject({ taskDefinitionArn: "arn:2" });
  });

  test("that cannot be read for want of a right is registered by nobody", async () => {
    const { aws, definitions } = await open();
    aws.on.DescribeTaskDefinition = () => ({ error: "AccessDeniedException", message: "no" });
    await expect(definitions.ensure(template)).rejects.toMatchObject({ kind: "denied" });
    expect(operations(aws)).toEqual(["DescribeTaskDefinition"]);
  });
});
