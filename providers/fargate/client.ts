import {
  DescribeClustersCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type Cluster,
  type ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  RunTaskCommand,
  type RunTaskCommandInput,
  StopTaskCommand,
  type Task,
  type TaskDefinition,
} from "@aws-sdk/client-ecs";
import { LRUCache } from "lru-cache";
import { ProviderError } from "../../src/provider.ts";
import { awsError, launchFailure } from "../aws/errors.ts";
import type { EcsBuckets, LaunchTakes } from "./quotas/buckets.ts";
import type { Reads } from "./secrets/references.ts";

/** What of ECS is used, on one cluster. Every method waits for its bucket, and rejects with a ProviderError. */
export interface EcsClient {
  /** Of one task, for which ECS reads so many secrets as it starts. Nothing was started when it rejects with `noCapacity`, `denied`, `invalid` or `throttled`. */
  runTask(input: Omit<RunTaskCommandInput, "cluster">, signal?: AbortSignal, reads?: Reads): Promise<Task>;
  /** At most 100, with their tags. `missing`: ARNs that ECS does not know, or not yet, or no more. */
  describeTasks(
    arns: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ readonly tasks: readonly Task[]; readonly missing: readonly string[] }>;
  /** ARNs of the whole cluster, every page. `RUNNING` is what ECS wants of a task, also while it still starts. */
  listTasks(desiredStatus: "RUNNING" | "STOPPED", signal?: AbortSignal): Promise<readonly string[]>;
  /** Rejects with `notFound` for a task that ECS does not know. `reason` is kept with the task, up to 255 characters. */
  stopTask(arn: string, reason: string): Promise<void>;
  /** By ARN it is asked for once: a revision never changes. By family: its newest revision, asked for each time. */
  describeTaskDefinition(nameOrArn: string): Promise<TaskDefinition>;
  registerTaskDefinition(input: RegisterTaskDefinitionCommandInput): Promise<TaskDefinition>;
  /** `undefined`: there is no such cluster. */
  describeCluster(): Promise<Cluster | undefined>;
}

/** Each is at most 64 KiB, most are 2; a node has as many as it has different pod templates. */
const DEFINITIONS_KEPT = 500;

export function createEcsClient(ecs: ECSClient, cluster: string, buckets: EcsBuckets): EcsClient {
  return {
    async runTask(input, signal, reads) {
      const send = async () => ecs.send(new RunTaskCommand({ ...input, cluster }), optionsOf(signal));
      const { tasks = [], failures = [] } = await buckets.runTask(
        async () => asked(send, signal),
        signal,
        takesOf(input, reads),
      );
      const [task] = tasks;
      if (task !== undefined) return task;
      throw launchFailure(failures[0] ?? {});
    },

    async describeTasks(arns, signal) {
      if (arns.length === 0) return { tasks: [], missing: [] };
      const input = { cluster, tasks: [...arns], include: ["TAGS" as const] };
      const send = async () => ecs.send(new DescribeTasksCommand(input), optionsOf(signal));
      const { tasks = [], failures = [] } = await buckets.readTasks(async () => asked(send, signal), signal);
      const missing = failures.flatMap(({ arn, reason }) => (arn !== undefined && reason === "MISSING" ? [arn] : []));
      return { tasks, missing };
    },

    async listTasks(desiredStatus, signal) {
      const arns: string[] = [];
      let nextToken: string | undefined;
      do {
        const input = { cluster, desiredStatus, maxResults: 100, ...(nextToken !== undefined && { nextToken }) };
        const send = async () => ecs.send(new ListTasksCommand(input), optionsOf(signal));
        // Each page is asked for with the token of the one before.
        const page = await buckets.readTasks(async () => asked(send, signal), signal);
        arns.push(...(page.taskArns ?? []));
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
      return arns;
    },

    async stopTask(task, reason) {
      const send = async () => ecs.send(new StopTaskCommand({ cluster, task, reason }));
      await buckets.stopTask(async () => asked(send));
    },

    describeTaskDefinition: definitionReader(ecs, buckets),

    async registerTaskDefinition(input) {
      const send = async () => ecs.send(new RegisterTaskDefinitionCommand(input));
      const { taskDefinition } = await buckets.writeDefinitions(async () => asked(send));
      return definitionOf(taskDefinition, "RegisterTaskDefinition");
    },

    async describeCluster() {
      const send = async () => ecs.send(new DescribeClustersCommand({ clusters: [cluster] }));
      const { clusters = [] } = await buckets.readCluster(async () => asked(send));
      return clusters.find(({ status }) => status !== "INACTIVE");
    },
  };
}

/** As describeTaskDefinition. */
function definitionReader(ecs: ECSClient, buckets: EcsBuckets): EcsClient["describeTaskDefinition"] {
  const definitions = new LRUCache<string, Promise<TaskDefinition>>({ max: DEFINITIONS_KEPT });
  const describe = async (taskDefinition: string): Promise<TaskDefinition> => {
    const send = async () => ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
    const { taskDefinition: found } = await buckets.readDefinitions(async () => asked(send));
    return definitionOf(found, "DescribeTaskDefinition");
  };
  return async (nameOrArn) => {
    const known = definitions.get(nameOrArn);
    if (known !== undefined) return known;
    const found = describe(nameOrArn);
    if (!nameOrArn.startsWith("arn:")) return found;
    definitions.set(nameOrArn, found);
    // A failure is not kept. Who asked at the same time shares it.
    found.catch(() => definitions.delete(nameOrArn));
    return found;
  };
}

/** The answer; an error as what it means to us, or the signal's own reason. */
async function asked<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await call();
  } catch (error) {
    signal?.throwIfAborted();
    throw awsError(error);
  }
}

function takesOf({ capacityProviderStrategy }: Partial<RunTaskCommandInput>, reads: Reads | undefined): LaunchTakes {
  return { reads, market: capacityProviderStrategy === undefined ? "on-demand" : "spot" };
}

function optionsOf(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function definitionOf(found: TaskDefinition | undefined, call: string): TaskDefinition {
  if (found !== undefined) return found;
  throw new ProviderError("unknown", "ProviderFailed", `${call} answered without a task definition`);
}
