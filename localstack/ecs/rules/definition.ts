import { ApiError, notSimulated } from "../../server/service.ts";
import { type ContainerDefinition, notOnFargate } from "../input/container-definition.ts";
import type { RegisterInput } from "../input/definition.ts";
import { checkVolumes } from "../storage/rules.ts";
import { taskSize } from "./sizes.ts";

/**
 * What ECS refuses about a definition for Fargate beyond the shape of its members. Texts are AWS's where one is known
 * by heart or from a report; the others say the same in words of our own, as a client must not depend on them.
 */
export function checkDefinition(input: RegisterInput): void {
  const length = JSON.stringify(input).length;
  if (length > 65_536) throw refused(`Actual length: '${length}'. Max allowed length is '65536' bytes.`);
  if (!input.requiresCompatibilities.includes("FARGATE"))
    throw notSimulated("definitions without FARGATE in requiresCompatibilities");
  if (input.networkMode !== "awsvpc") throw refused("Fargate only supports network mode ‘awsvpc’.");
  checkSize(input);
  checkTaskMembers(input);
  checkVolumes(input.volumes);
  const { containerDefinitions: containers } = input;
  if (containers.length > 10) throw refused("Container definitions must have at most 10 containers.");
  const twice = containers.find(({ name }, index) => containers.findIndex((one) => one.name === name) !== index);
  if (twice !== undefined) throw refused(`Container names must be unique: ${twice.name}.`);
  if (!containers.some(({ essential }) => essential)) throw refused("At least one container must be essential.");
  for (const container of containers) checkContainer(container, input);
  checkOrder(containers);
}

const refused = (message: string): ApiError => new ApiError("ClientException", message);

function checkSize({ cpu, memory, ephemeralStorage, containerDefinitions }: RegisterInput): void {
  if (cpu === undefined) throw refused("Fargate requires that 'cpu' be defined at the task level.");
  if (memory === undefined) throw refused("Fargate requires that 'memory' be defined at the task level.");
  const size = taskSize(cpu, memory);
  if (size === undefined)
    throw refused(`No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory.`);
  checkStorage(ephemeralStorage?.sizeInGiB);
  const cpus = containerDefinitions.reduce((sum, container) => sum + container.cpu, 0);
  if (cpus > size.cpu)
    throw refused("Invalid setting for container cpu: the sum over containers is above the task's cpu.");
  for (const { name, memory: limit = 0, memoryReservation: wish = 0 } of containerDefinitions) {
    if (limit > size.memory) throw refused(`Invalid setting for container '${name}'. The memory is above the task's.`);
    if (limit > 0 && wish > limit)
      throw refused(`Invalid setting for container '${name}'. memoryReservation is above memory.`);
  }
}

export function checkStorage(gibibytes: number | undefined): void {
  if (gibibytes !== undefined && (gibibytes < 21 || gibibytes > 200)) {
    throw refused("Ephemeral storage size must be between 21 and 200 GiB.");
  }
}

function checkTaskMembers(input: RegisterInput): void {
  const { runtimePlatform, pidMode, ipcMode, placementConstraints, containerDefinitions, executionRoleArn } = input;
  const family = runtimePlatform?.operatingSystemFamily ?? "LINUX";
  if (family.startsWith("WINDOWS")) throw notSimulated("tasks of Windows");
  if (family !== "LINUX") throw refused(`Invalid operatingSystemFamily: ${family}.`);
  if (pidMode === "host") throw refused("Fargate only supports pidMode 'task'.");
  if (ipcMode !== undefined) throw refused("ipcMode is not supported on Fargate.");
  if (placementConstraints.length > 0)
    throw refused("Task definition placement constraints are not supported with FARGATE.");
  const logs = containerDefinitions.some(({ logConfiguration }) => logConfiguration?.logDriver === "awslogs");
  const confided = containerDefinitions.some(
    (one) => one.secrets.length > 0 || one.repositoryCredentials !== undefined,
  );
  if (confided && executionRoleArn === undefined) {
    throw refused("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.");
  }
  if (logs && executionRoleArn === undefined) {
    throw refused("Fargate requires task definition to have execution role ARN to support log driver awslogs.");
  }
}

function checkContainer(container: ContainerDefinition, { volumes, family }: RegisterInput): void {
  const { name, mountPoints, linuxParameters, logConfiguration, portMappings, ulimits } = container;
  for (const member of Object.keys(notOnFargate) as (keyof typeof notOnFargate)[]) {
    const value = container[member];
    if (value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)) {
      throw refused(`Invalid setting for container '${name}'. ${member} is not supported on Fargate.`);
    }
  }
  const { devices = [], maxSwap, swappiness, sharedMemorySize, capabilities, tmpfs = [] } = linuxParameters ?? {};
  if (devices.length > 0 || maxSwap !== undefined || swappiness !== undefined || sharedMemorySize !== undefined) {
    throw refused("devices, maxSwap, swappiness and sharedMemorySize are not supported on Fargate.");
  }
  const added = (capabilities?.add ?? []).filter((capability) => capability !== "SYS_PTRACE");
  if (added.length > 0)
    throw refused(`Fargate only supports SYS_PTRACE for capabilities.add, not ${added.join(", ")}.`);
  if (tmpfs.some(({ containerPath }) => !containerPath.startsWith("/")))
    throw refused("tmpfs.containerPath must be absolute.");
  const twice = container.secrets.find(
    ({ name: variable }, index) =>
      container.environment.some((one) => one.name === variable) ||
      container.secrets.findIndex((one) => one.name === variable) !== index,
  );
  if (twice !== undefined) {
    throw refused(
      `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${twice.name}'.`,
    );
  }
  for (const { sourceVolume } of mountPoints) {
    if (!volumes.some((volume) => volume.name === sourceVolume)) throw refused(`Unknown volume '${sourceVolume}'.`);
  }
  if (volumes.some(({ host }) => host?.sourcePath !== undefined))
    throw refused("host.sourcePath should not be set for volumes in Fargate.");
  if (ulimits?.some(({ name: limit, hardLimit }) => limit !== "nofile" || hardLimit > 1_048_576) === true) {
    throw refused("Fargate only supports ulimit nofile, at most 1048576.");
  }
  if (portMappings.some(({ containerPort, hostPort }) => containerPort !== hostPort)) {
    throw refused("When networkMode=awsvpc, the host ports and container ports in port mappings must match.");
  }
  if (logConfiguration !== undefined) checkLogs(logConfiguration, `${family}/${name}`);
}

function checkLogs({ logDriver, options }: NonNullable<ContainerDefinition["logConfiguration"]>, where: string): void {
  if (logDriver !== "awslogs") throw notSimulated(`log driver ${logDriver}`);
  for (const option of ["awslogs-group", "awslogs-region", "awslogs-stream-prefix"]) {
    if (options[option] === undefined) throw refused(`Log driver awslogs requires options: ${option} (${where}).`);
  }
}

/** dependsOn: of containers that exist, without a circle; what must have ended is not essential. */
function checkOrder(containers: readonly ContainerDefinition[]): void {
  const byName = new Map(containers.map((container) => [container.name, container]));
  for (const { name, dependsOn = [] } of containers) {
    for (const { containerName, condition } of dependsOn) {
      const other = byName.get(containerName);
      if (other === undefined || containerName === name)
        throw refused(
          `Container '${name}' depends on '${containerName}', which is no other container of the task definition.`,
        );
      if ((condition === "COMPLETE" || condition === "SUCCESS") && other.essential) {
        throw refused(
          `Container '${name}' waits for the end of '${containerName}', which must not be essential: ${condition}.`,
        );
      }
      if (condition === "HEALTHY" && other.healthCheck === undefined) {
        throw refused(`Container '${name}' waits for the health of '${containerName}', which has no healthCheck.`);
      }
    }
  }
  const settled = new Set<string>();
  for (let before = -1; before < settled.size;) {
    before = settled.size;
    for (const { name, dependsOn = [] } of containers) {
      if (dependsOn.every(({ containerName }) => settled.has(containerName))) settled.add(name);
    }
  }
  if (settled.size < containers.length) throw refused("Container dependencies must not contain a circle.");
}
