import { z } from "zod";
import { ApiError } from "../../server/service.ts";
import type { EcsAccount } from "../account.ts";
import { checkDefinition } from "../rules/definition.ts";
import type { KnownDefinition } from "../definitions.ts";
import { registerInput } from "../input/definition.ts";
import { read } from "../input/read.ts";
import { seconds } from "../names.ts";
import { page, paged } from "../pages.ts";

const named = z.strictObject({ taskDefinition: z.string().min(1) });
const describeInput = z.strictObject({ ...named.shape, include: z.array(z.enum(["TAGS"])).default([]) });
const deleteInput = z.strictObject({
  taskDefinitions: z.array(z.string()).min(1).max(10, "taskDefinitions can have at most 10 items."),
});
const listInput = z.strictObject({
  familyPrefix: z.string().optional(),
  status: z.enum(["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"]).default("ACTIVE"),
  sort: z.enum(["ASC", "DESC"]).default("ASC"),
  ...paged.shape,
});

export async function registerTaskDefinition({ definitions }: EcsAccount, input: unknown): Promise<object> {
  const request = read(registerInput, input, "RegisterTaskDefinition", "ClientException");
  checkDefinition(request);
  const { definition, tags } = await definitions.register(request);
  return { taskDefinition: definition, tags };
}

export function describeTaskDefinition(account: EcsAccount, input: unknown): object {
  const { taskDefinition, include } = read(describeInput, input, "DescribeTaskDefinition", "ClientException");
  const { definition, tags } = known(account, taskDefinition, "Unable to describe task definition.");
  return { taskDefinition: definition, tags: include.includes("TAGS") ? tags : [] };
}

export function listTaskDefinitions({ definitions }: EcsAccount, input: unknown): object {
  const wish = read(listInput, input, "ListTaskDefinitions", "ClientException");
  const found = [...definitions.all]
    .map(({ definition }) => definition)
    .toSorted((a, b) => (a.family === b.family ? a.revision - b.revision : a.family < b.family ? -1 : 1));
  const ordered = wish.sort === "ASC" ? found : found.toReversed();
  const { items, nextToken } = page(ordered, wish, {
    nameOf: ({ taskDefinitionArn }) => taskDefinitionArn,
    keep: ({ status, family }) => status === wish.status && (wish.familyPrefix ?? family) === family,
  });
  return { taskDefinitionArns: items.map(({ taskDefinitionArn }) => taskDefinitionArn), nextToken };
}

export function deregisterTaskDefinition(account: EcsAccount, input: unknown): object {
  const { taskDefinition } = read(named, input, "DeregisterTaskDefinition", "ClientException");
  if (!/:\d+$/.test(taskDefinition))
    throw new ApiError("ClientException", "Invalid revision number. Expected format family:revision.");
  const entry = known(account, taskDefinition, "The specified task definition does not exist.");
  if (entry.definition.status !== "ACTIVE")
    throw new ApiError("ClientException", "The specified task definition is not active.");
  entry.definition = { ...entry.definition, status: "INACTIVE", deregisteredAt: seconds(account.clock.now()) };
  return { taskDefinition: entry.definition };
}

export function deleteTaskDefinitions(account: EcsAccount, input: unknown): object {
  const { taskDefinitions } = read(deleteInput, input, "DeleteTaskDefinitions", "ClientException");
  const deleted: object[] = [];
  const failures: object[] = [];
  for (const arn of taskDefinitions) {
    const entry = account.definitions.find(arn);
    if (entry === undefined) failures.push({ arn, reason: "The specified task definition does not exist." });
    else if (entry.definition.status === "ACTIVE") {
      failures.push({
        arn,
        reason: "The specified task definition is still in ACTIVE status. Please deregister the target and try again.",
      });
    } else {
      account.definitions.remove(entry);
      deleted.push({ ...entry.definition, status: "DELETE_IN_PROGRESS" });
    }
  }
  return { taskDefinitions: deleted, failures };
}

function known({ definitions }: EcsAccount, name: string, message: string): KnownDefinition {
  const entry = definitions.find(name);
  if (entry === undefined) throw new ApiError("ClientException", message);
  return entry;
}
