import type { RunTaskCommandInput, Task, TaskDefinition } from "@aws-sdk/client-ecs";
import { type Launch, type Log, ProviderError, type TaskState } from "../../../src/provider.ts";
import { conflictingTasks } from "../../aws/errors.ts";
import type { EcsClient } from "../client.ts";
import { type Owner, ownerTags, startedBy } from "../identity.ts";
import type { FargateRequest } from "../request.ts";
import { readsOf, withArns } from "../secrets/references.ts";
import type { Vault } from "../secrets/vault.ts";
import type { Definitions } from "./definitions.ts";

export interface LaunchOptions {
  readonly client: Pick<EcsClient, "runTask" | "describeTasks">;
  readonly definitions: Definitions;
  readonly vault: Pick<Vault, "ensure">;
  readonly owner: Owner;
  /** What ECS has answered: its picture for the core, and from now on it is watched. */
  readonly launched: (task: Task, definition: TaskDefinition) => TaskState | undefined;
  /** The account's quota of vCPUs is used up. */
  readonly exhausted: () => void;
  readonly log: Log;
}

/** As Provider.launch. */
export function createLaunch(
  options: LaunchOptions,
): (launch: Launch<FargateRequest>, signal: AbortSignal) => Promise<TaskState> {
  const { client, definitions, vault, owner, launched, exhausted } = options;
  return async (launch, signal) => {
    const template = withArns(launch.request.definition, await vault.ensure(launch.request.secrets));
    const definition = await definitions.ensure(template);
    signal.throwIfAborted();
    let task: Task;
    try {
      const input = runTaskInput(launch, definition.taskDefinitionArn ?? template.family, owner);
      task = await client.runTask(input, signal, readsOf(template));
    } catch (error) {
      const present = await adopted(error, launch, options, signal);
      if (present === undefined) {
        const { kind, reason, message } = error as ProviderError;
        if (kind === "notFound") definitions.forget(template.family);
        if (reason !== "VcpuQuotaExceeded") throw error;
        exhausted();
        throw new ProviderError(kind, reason, `${message.replace(/\.$/, "")}: ${quotaAdvice(launch.request.vcpu)}`, {
          cause: error,
        });
      }
      task = present;
    }
    const state = launched(task, definition);
    if (state !== undefined) return state;
    throw new ProviderError(
      "unknown",
      "ForeignTask",
      `ECS answered with task ${task.taskArn}, which says that ${task.startedBy ?? "nobody"} started it`,
    );
  };
}

const quotaAdvice = (vcpu: number): string =>
  `this task takes ${vcpu} vCPU and starts when so many are free; quota L-3032A538 of Service Quotas can be raised`;

/** Pure. One task, one pod; the next try goes to the next subnet, because capacity belongs to availability zones. */
export function runTaskInput(
  { identity, token, tryNumber, request }: Launch<FargateRequest>,
  taskDefinition: string,
  owner: Owner,
): Omit<RunTaskCommandInput, "cluster"> {
  const { overrides, placement, tags, exec } = request;
  const { subnets, securityGroups, assignPublicIp, platformVersion } = placement;
  const subnet = subnets[(tryNumber - 1) % subnets.length];
  const ours = ownerTags(owner);
  return {
    taskDefinition,
    count: 1,
    launchType: "FARGATE",
    platformVersion,
    clientToken: token,
    startedBy: startedBy(identity, owner.nodeName),
    ...(exec && { enableExecuteCommand: true }),
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: subnet === undefined ? [] : [subnet],
        ...(securityGroups.length > 0 && { securityGroups: [...securityGroups] }),
        assignPublicIp: assignPublicIp ? "ENABLED" : "DISABLED",
      },
    },
    overrides,
    tags: [...tags.filter(({ key }) => !ours.some((one) => one.key === key)), ...ours],
  };
}

/**
 * The token has started a task before, with other parameters: the pod was translated differently since, by a newer burstlet
 * say. That task is the one. `undefined`: the error is none of that, or ECS does not find the task yet.
 */
async function adopted(
  error: unknown,
  { identity }: Launch<FargateRequest>,
  { client, owner, log }: LaunchOptions,
  signal: AbortSignal,
): Promise<Task | undefined> {
  const arns = conflictingTasks(error);
  if (arns.length === 0) return undefined;
  const mark = startedBy(identity, owner.nodeName);
  const { tasks } = await client.describeTasks(arns.slice(0, 100), signal);
  const task = tasks.find((one) => one.startedBy === mark);
  if (task !== undefined) log.info("task of an earlier launch adopted", { task: task.taskArn });
  return task;
}
