import { seconds } from "../names.ts";
import { agentStatus } from "../rules/exec-agent.ts";
import { type ContainerRecord, overridden, taskHealth, type TaskRecord } from "./record.ts";

/** A task as DescribeTasks and RunTask tell it. Members without a value are left out, as JSON does with `undefined`. */
export function taskPicture(record: TaskRecord, withTags: boolean): object {
  const { request, definition, size } = record;
  return {
    attachments: [attachment(record), ...diskAttachments(record)],
    capacityProviderName: request.capacityProviderStrategy.find(({ weight }) => weight > 0)?.capacityProvider,
    attributes: [{ name: "ecs.cpu-architecture", value: architecture(record) }],
    availabilityZone: record.zone,
    clusterArn: record.clusterArn,
    connectivity: record.connectivityAt === undefined ? undefined : "CONNECTED",
    connectivityAt: time(record.connectivityAt),
    containers: record.containers.map((container) => containerPicture(record, container)),
    cpu: String(size.cpu),
    createdAt: time(record.createdAt),
    desiredStatus: record.desiredStatus,
    enableExecuteCommand: request.enableExecuteCommand,
    ephemeralStorage: { sizeInGiB: storage(record) },
    fargateEphemeralStorage: { sizeInGiB: storage(record) },
    executionStoppedAt: time(record.executionStoppedAt),
    group: request.group ?? `family:${definition.family}`,
    healthStatus: taskHealth(record.containers),
    lastStatus: record.lastStatus,
    launchType: "FARGATE",
    memory: String(size.memory),
    overrides: { ...request.overrides, inferenceAcceleratorOverrides: [] },
    platformVersion: request.platformVersion === "LATEST" ? "1.4.0" : request.platformVersion,
    platformFamily: "Linux",
    pullStartedAt: time(record.pullStartedAt),
    pullStoppedAt: time(record.pullStoppedAt),
    startedAt: time(record.startedAt),
    startedBy: request.startedBy,
    stopCode: record.stopCode,
    stoppedAt: time(record.stoppedAt),
    stoppedReason: record.stoppedReason,
    stoppingAt: time(record.stoppingAt),
    tags: withTags ? record.tags : [],
    taskArn: record.arn,
    taskDefinitionArn: definition.taskDefinitionArn,
    version: record.version,
  };
}

const time = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : seconds(ms));

const architecture = ({ definition }: TaskRecord): string =>
  definition.runtimePlatform?.cpuArchitecture === "ARM64" ? "arm64" : "x86_64";

const storage = ({ request, definition }: TaskRecord): number =>
  request.overrides.ephemeralStorage?.sizeInGiB ?? definition.ephemeralStorage?.sizeInGiB ?? 20;

function attachment({ attachmentId, id, subnet, address, lastStatus }: TaskRecord): object {
  const details = [{ name: "subnetId", value: subnet }];
  if (address !== undefined) {
    details.push(
      { name: "networkInterfaceId", value: `eni-${id.slice(0, 17)}` },
      { name: "macAddress", value: `0a:${(id.slice(0, 10).match(/../g) ?? []).join(":")}` },
      { name: "privateDnsName", value: `ip-${address.replaceAll(".", "-")}.ec2.internal` },
      { name: "privateIPv4Address", value: address },
    );
  }
  const status = lastStatus === "STOPPED" ? "DELETED" : address === undefined ? "PRECREATED" : "ATTACHED";
  return { id: attachmentId, type: "ElasticNetworkInterface", status, details };
}

/** Of volumes of EBS. */
function diskAttachments({ id, lastStatus, request: { volumeConfigurations } }: TaskRecord): object[] {
  return volumeConfigurations.map(({ name, managedEBSVolume: { roleArn } }) => ({
    id: `${id.slice(0, 8)}-disk`,
    type: "AmazonElasticBlockStorage",
    status: lastStatus === "STOPPED" ? "DELETED" : "ATTACHED",
    details: [
      { name: "volumeId", value: `vol-${id.slice(0, 17)}` },
      { name: "volumeName", value: name },
      { name: "roleArn", value: roleArn },
      { name: "deleteOnTermination", value: "true" },
    ],
  }));
}

function containerPicture(record: TaskRecord, container: ContainerRecord): object {
  const { definition, name } = container;
  const change = overridden(record, name);
  const memory = change?.memory ?? definition?.memory;
  const wish = change?.memoryReservation ?? definition?.memoryReservation;
  return {
    containerArn: container.arn,
    taskArn: record.arn,
    name,
    image: definition?.image,
    imageDigest: container.imageDigest,
    runtimeId: container.runtimeId,
    lastStatus: container.lastStatus,
    exitCode: container.exitCode,
    reason: container.reason?.slice(0, 1024),
    networkBindings: [],
    networkInterfaces:
      record.address === undefined ? [] : [{ attachmentId: record.attachmentId, privateIpv4Address: record.address }],
    healthStatus: container.health,
    cpu: String(change?.cpu ?? definition?.cpu ?? 0),
    memory: memory === undefined ? undefined : String(memory),
    memoryReservation: wish === undefined ? undefined : String(wish),
    ...(record.request.enableExecuteCommand && { managedAgents: [managedAgent(container)] }),
  };
}

/** Of ECS Exec: it comes up with its container. */
function managedAgent(container: ContainerRecord): object {
  return { name: "ExecuteCommandAgent", ...agentStatus(container), lastStartedAt: time(container.startedAt) };
}
