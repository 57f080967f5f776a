import type { ContainerDefinition } from "../input/container-definition.ts";
import type { TaskDefinition } from "../input/definition.ts";
import type { RunTaskInput } from "../input/run-task.ts";
import type { Tag } from "../input/tags.ts";
import type { TaskSize } from "../rules/sizes.ts";

export type TaskStatus =
  | "PROVISIONING"
  | "PENDING"
  | "ACTIVATING"
  | "RUNNING"
  | "DEACTIVATING"
  | "STOPPING"
  | "DEPROVISIONING"
  | "STOPPED";

export type StopCode =
  | "TaskFailedToStart"
  | "EssentialContainerExited"
  | "UserInitiated"
  | "ServiceSchedulerInitiated"
  | "SpotInterruption"
  | "TerminationNotice"
  | "InfrastructureHealth";

export type Health = "HEALTHY" | "UNHEALTHY" | "UNKNOWN";

export interface ContainerRecord {
  readonly name: string;
  /** `undefined` for a container that nobody asked for. */
  readonly definition: ContainerDefinition | undefined;
  readonly arn: string;
  lastStatus: "PENDING" | "RUNNING" | "STOPPED";
  /** Absent as long as it has not ended, where it never ran, and where nobody knows. */
  exitCode?: number | undefined;
  reason?: string | undefined;
  health: Health;
  runtimeId?: string | undefined;
  imageDigest?: string | undefined;
  /** Wall milliseconds. */
  startedAt?: number | undefined;
  finishedAt?: number | undefined;
}

/** All that ECS knows of one task. Times are wall milliseconds of the stand-in's clock. */
export interface TaskRecord {
  readonly id: string;
  readonly arn: string;
  readonly clusterName: string;
  readonly clusterArn: string;
  readonly definition: TaskDefinition;
  readonly request: RunTaskInput;
  readonly size: TaskSize;
  readonly subnet: string;
  readonly zone: string;
  readonly createdAt: number;
  readonly attachmentId: string;
  readonly containers: readonly ContainerRecord[];
  tags: readonly Tag[];
  address?: string | undefined;
  /** Rises with every change. */
  version: number;
  lastStatus: TaskStatus;
  desiredStatus: "RUNNING" | "STOPPED";
  connectivityAt?: number | undefined;
  pullStartedAt?: number | undefined;
  pullStoppedAt?: number | undefined;
  startedAt?: number | undefined;
  stoppingAt?: number | undefined;
  executionStoppedAt?: number | undefined;
  stoppedAt?: number | undefined;
  stopCode?: StopCode | undefined;
  stoppedReason?: string | undefined;
}

/** The container's own definition with the request's overrides. */
export function overridden(
  record: Pick<TaskRecord, "request">,
  name: string,
): RunTaskInput["overrides"]["containerOverrides"][number] | undefined {
  return record.request.overrides.containerOverrides.find((one) => one.name === name);
}

/** Of the task: the worst of its essential containers that have a check. */
export function taskHealth(containers: readonly ContainerRecord[]): Health {
  const checked = containers.filter(({ definition }) => definition?.essential === true && definition.healthCheck);
  if (checked.length === 0) return "UNKNOWN";
  if (checked.some(({ health }) => health === "UNHEALTHY")) return "UNHEALTHY";
  return checked.some(({ health }) => health === "UNKNOWN") ? "UNKNOWN" : "HEALTHY";
}
