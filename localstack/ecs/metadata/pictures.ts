import { rfc3339Nano } from "../../../src/model/clock.ts";
import type { ContainerRecord, TaskRecord } from "../task/record.ts";

/** What `<uri>/task` says. */
export function taskPicture(record: TaskRecord): object {
  return {
    Cluster: record.clusterArn,
    TaskARN: record.arn,
    Family: record.definition.family,
    Revision: String(record.definition.revision),
    DesiredStatus: record.desiredStatus,
    // The minimum over the containers; the states before and after are the control plane's own.
    KnownStatus: minimum(record.containers.map(knownStatus)),
    Limits: { CPU: record.size.cpu / 1024, Memory: record.size.memory },
    PullStartedAt: iso(record.pullStartedAt),
    PullStoppedAt: iso(record.pullStoppedAt),
    AvailabilityZone: record.zone,
    LaunchType: "FARGATE",
    Containers: record.containers.map((container) => containerPicture(record, container)),
  };
}

/** What `<uri>` says. */
export function containerPicture(record: TaskRecord, container: ContainerRecord): object {
  const { definition, name } = container;
  return {
    DockerId: container.runtimeId ?? "",
    Name: name,
    DockerName: name,
    Image: definition?.image,
    ImageID: container.imageDigest,
    Labels: {
      ...definition?.dockerLabels,
      "com.amazonaws.ecs.cluster": record.clusterArn,
      "com.amazonaws.ecs.container-name": name,
      "com.amazonaws.ecs.task-arn": record.arn,
      "com.amazonaws.ecs.task-definition-family": record.definition.family,
      "com.amazonaws.ecs.task-definition-version": String(record.definition.revision),
    },
    DesiredStatus: record.desiredStatus,
    KnownStatus: knownStatus(container),
    ExitCode: container.exitCode,
    Limits: { CPU: definition?.cpu ?? 0, Memory: definition?.memory },
    CreatedAt: iso(container.startedAt),
    StartedAt: iso(container.startedAt),
    FinishedAt: iso(container.finishedAt),
    Type: "NORMAL",
    ContainerARN: container.arn,
    Networks: [{ NetworkMode: "awsvpc", IPv4Addresses: record.address === undefined ? [] : [record.address] }],
  };
}

/** In the agent's words, in which a container that has not been started was only pulled. */
const knownStatus = ({ lastStatus }: ContainerRecord): KnownStatus =>
  lastStatus === "PENDING" ? "PULLED" : lastStatus;

const statuses = ["PULLED", "RUNNING", "STOPPED"] as const;
type KnownStatus = (typeof statuses)[number];

const minimum = (all: readonly KnownStatus[]): KnownStatus =>
  statuses.find((status) => all.includes(status)) ?? "STOPPED";

const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : rfc3339Nano(ms));
