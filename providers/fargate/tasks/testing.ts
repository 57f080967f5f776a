import type { Container, ContainerDefinition, Task, TaskDefinition } from "@aws-sdk/client-ecs";
import type { ContainerKind, TaskState } from "../../../src/provider.ts";
import { startedBy } from "../identity.ts";
import { labels } from "../request.ts";
import { observe, type Observer } from "./observe.ts";

export const identity = { clusterUid: "cluster-1", podUid: "0f8fad5b-d9cb-469f-a165-70867728950e", attempt: 2 };
export const observer: Observer = {
  clusterUid: "cluster-1",
  nodeName: "edge.one",
  size: () => ({ provisioned: "small" }),
};
export const at = (seconds: number) => new Date(1_767_323_045_000 + seconds * 1000);

export interface Shown extends Partial<Container> {
  readonly kind?: ContainerKind | "helper";
  readonly essential?: boolean;
  readonly probes?: string;
}

/** A task whose containers are as shown, in the definition's order reversed, because ECS promises none. */
export function pictureOf(shown: Readonly<Record<string, Shown>>, more: Partial<Task> = {}): TaskState | undefined {
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
  return observe(task, definition, observer);
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
