import type { Container, ContainerDefinition, Task, TaskDefinition } from "@aws-sdk/client-ecs";
import { type ContainerKind, ProviderError, type TaskState } from "../../../src/provider.ts";
import type { EcsClient } from "../client.ts";
import type { Words } from "../files/trouble.ts";
import { startedBy } from "../identity.ts";
import { labels } from "../request.ts";
import { observe, type Observer } from "./observe.ts";

export const identity = { clusterUid: "cluster-1", podUid: "0f8fad5b-d9cb-469f-a165-70867728950e", attempt: 2 };
export const observer: Observer = {
  clusterUid: "cluster-1",
  nodeName: "edge.one",
  network: "routed",
  size: () => ({ provisioned: "small" }),
};
export const at = (seconds: number) => new Date(1_767_323_045_000 + seconds * 1000);

export interface Shown extends Partial<Container> {
  readonly kind?: ContainerKind | "helper";
  readonly essential?: boolean;
  readonly probes?: string;
}

/** A task whose containers are as shown, in the definition's order reversed, because ECS promises none. */
export function pictureOf(
  shown: Readonly<Record<string, Shown>>,
  more: Partial<Task> = {},
  words?: Words,
): TaskState | undefined {
  const entries = Object.entries(shown);
  const containerDefinitions = entries.map(
    ([name, { kind = "main", essential = kind === "main", probes }], index): ContainerDefinition => ({
      name,
      image: `registry/${name}:1`,
      essential,
      dockerLabels: {
        [labels.kind]: kind,
        [labels.index]: String(index),
        ...(probes !== undefined && { [labels.probes]: probes }),
      },
      ...(probes !== undefined && { healthCheck: { command: ["CMD", "true"] } }),
    }),
  );
  const definition: TaskDefinition = { containerDefinitions: containerDefinitions.toReversed() };
  const containers = entries.map(
    ([name, { kind: _kind, essential: _essential, probes: _probes, ...container }]): Container => ({
      name,
      lastStatus: "PENDING",
      ...container,
    }),
  );
  const task: Task = {
    taskArn: "arn:aws:ecs:eu-central-1:1:task/burstlet/abc",
    startedBy: startedBy(identity, observer.nodeName),
    lastStatus: "RUNNING",
    desiredStatus: "RUNNING",
    version: 3,
    createdAt: at(0),
    pullStoppedAt: at(20),
    ...more,
    containers,
  };
  return observe(task, definition, observer, words);
}

export const states = (picture: TaskState | undefined) =>
  picture?.containers.map(({ name, state }) => [name, state] as const);
export const runs = { lastStatus: "RUNNING", runtimeId: "abc-1" };
export const stopped = { lastStatus: "STOPPED", runtimeId: "abc-1" };
export const over = { lastStatus: "STOPPED", desiredStatus: "STOPPED", executionStoppedAt: at(90), stoppedAt: at(120) };
export const exited = {
  ...over,
  stopCode: "EssentialContainerExited",
  stoppedReason: "Essential container in task exited",
} as const;
export const unstarted = { ...over, stopCode: "TaskFailedToStart", pullStoppedAt: undefined } as const;

/** What ECS has, in memory: tasks by ARN, and every call that was made. */
export interface FakeEcs {
  readonly client: Pick<EcsClient, "listTasks" | "describeTasks" | "describeTaskDefinition" | "stopTask">;
  readonly tasks: Map<string, Task>;
  readonly calls: string[];
  /** The next calls fail with this, until it is taken away. */
  fail: ProviderError | undefined;
  /** ARNs that exist and are not found yet. */
  readonly hidden: Set<string>;
}

export const taskDefinition: TaskDefinition = {
  containerDefinitions: [{ name: "a", image: "a:1", essential: true, dockerLabels: { [labels.kind]: "main" } }],
};

export function fakeEcs(): FakeEcs {
  const tasks = new Map<string, Task>();
  const calls: string[] = [];
  const hidden = new Set<string>();
  const ecs: FakeEcs = {
    tasks,
    calls,
    hidden,
    fail: undefined,
    client: {
      async listTasks(desired) {
        begin(`ListTasks ${desired}`);
        return [...tasks.values()].flatMap(({ taskArn = "", desiredStatus }) =>
          desiredStatus === desired && !hidden.has(taskArn) ? [taskArn] : [],
        );
      },
      async describeTasks(arns) {
        begin(`DescribeTasks ${arns.length}`);
        const found = arns.flatMap((arn) => (hidden.has(arn) ? [] : (tasks.get(arn) ?? [])));
        return { tasks: found, missing: arns.filter((arn) => hidden.has(arn) || !tasks.has(arn)) };
      },
      describeTaskDefinition: async () => taskDefinition,
      async stopTask(arn, reason) {
        begin(`StopTask ${arn} ${reason}`);
        if (!tasks.has(arn) || hidden.has(arn)) throw new ProviderError("notFound", "InvalidParameter", "not found");
      },
    },
  };
  function begin(call: string): void {
    calls.push(call);
    if (ecs.fail !== undefined) throw ecs.fail;
  }
  return ecs;
}

/** A task of this node with one main container `a`. */
export function taskOf(podUid: string, container: Container = {}, more: Partial<Task> = {}): Task {
  return {
    taskArn: `arn:aws:ecs:x:1:task/burstlet/${podUid}`,
    taskDefinitionArn: "arn:aws:ecs:x:1:task-definition/bl-1:1",
    startedBy: startedBy({ ...identity, podUid, attempt: 1 }, observer.nodeName),
    lastStatus: "RUNNING",
    desiredStatus: "RUNNING",
    version: 1,
    tags: [{ key: "burstlet.dev/pod", value: `pod-${podUid}` }],
    ...more,
    containers: [{ name: "a", lastStatus: "RUNNING", ...container }],
  };
}
