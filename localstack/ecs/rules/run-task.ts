import type { Scenario } from "../../scenario/schema.ts";
import { ApiError, notSimulated } from "../../server/service.ts";
import { checkStorage } from "./definition.ts";
import type { TaskDefinition } from "../input/definition.ts";
import type { RunTaskInput } from "../input/run-task.ts";
import type { Cluster } from "../clusters.ts";
import type { Strategy } from "../input/strategy.ts";
import { shortName } from "../names.ts";
import { checkManagedVolumes } from "../storage/rules.ts";
import { type TaskSize, taskSize } from "./sizes.ts";

/** What ECS refuses about a RunTask of an existing definition; answers the size of its tasks. Pure. */
export function checkRunTask(
  request: RunTaskInput,
  { cluster, definition }: { readonly cluster: Cluster; readonly definition: TaskDefinition },
  scenario: Scenario,
): TaskSize {
  checkMarket(request, cluster);
  checkNetwork(request, scenario);
  if (!["LATEST", "1.4.0"].includes(request.platformVersion)) {
    throw new ApiError("PlatformUnknownException", "The specified platform version does not exist.");
  }
  checkOverrides(request, definition);
  checkRoles(request, definition, scenario);
  checkManagedVolumes(request, definition, scenario);
  return sizeOf(request, definition);
}

const invalid = (message: string): ApiError => new ApiError("InvalidParameterException", message);

function checkMarket(request: RunTaskInput, cluster: Cluster): void {
  const { launchType, capacityProviderStrategy: strategy, propagateTags } = request;
  const { enableECSManagedTags } = request;
  if (strategy.length > 0) checkStrategy(strategy, launchType, cluster);
  else if (launchType === undefined && cluster.defaultStrategy.length > 0)
    throw notSimulated("a cluster's default capacity provider strategy");
  else if (launchType === undefined || launchType === "EC2")
    throw invalid("No Container Instances were found in your cluster.");
  else if (launchType !== "FARGATE") throw notSimulated(`launch type ${launchType}`);
  if (enableECSManagedTags) throw notSimulated("tags managed by ECS");
  if (propagateTags === "TASK_DEFINITION") throw notSimulated("tags from the task definition");
  if (propagateTags === "SERVICE") throw invalid("propagateTags SERVICE is not for tasks of RunTask.");
}

/** Texts from memory. */
function checkStrategy(strategy: Strategy, launchType: string | undefined, { capacityProviders }: Cluster): void {
  if (launchType !== undefined) {
    throw invalid(
      "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
    );
  }
  if (!strategy.every(({ capacityProvider }) => capacityProviders.includes(capacityProvider))) {
    throw invalid(
      "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the " +
        "cluster. Associate the capacity provider with the cluster and try again.",
    );
  }
  const weighed = strategy.filter(({ weight }) => weight > 0);
  if (weighed.length === 0)
    throw invalid("The specified capacity provider strategy must have a capacity provider with a weight above 0.");
  if (weighed.length > 1) throw notSimulated("a strategy of several capacity providers");
}

function checkNetwork({ networkConfiguration }: RunTaskInput, scenario: Scenario): void {
  const vpc = networkConfiguration?.awsvpcConfiguration;
  if (vpc === undefined)
    throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  for (const id of vpc.subnets) {
    if (scenario.subnets.some((subnet) => subnet.id === id)) continue;
    throw invalid(
      `Error retrieving subnet information for [${id}]: The subnet ID '${id}' does not exist (ErrorCode: InvalidSubnetID.NotFound)`,
    );
  }
  for (const id of vpc.securityGroups ?? []) {
    if (scenario.securityGroups.includes(id)) continue;
    throw invalid(
      `Error retrieving security group information for [${id}]: The security group '${id}' does not exist (ErrorCode: InvalidGroup.NotFound)`,
    );
  }
}

function checkOverrides({ overrides }: RunTaskInput, { containerDefinitions }: TaskDefinition): void {
  const length = JSON.stringify(overrides).length;
  if (length > 8192) throw invalid("Container Overrides length must be at most 8192");
  for (const { name } of overrides.containerOverrides) {
    if (name === undefined) throw invalid("Override for a container needs its name.");
    if (containerDefinitions.some((container) => container.name === name)) continue;
    throw invalid(`Override for container named ${name} is not a container in the TaskDefinition.`);
  }
  checkStorage(overrides.ephemeralStorage?.sizeInGiB);
}

function checkRoles(request: RunTaskInput, definition: TaskDefinition, { roles, unpassable, account }: Scenario): void {
  const { overrides } = request;
  const asked = [
    overrides.taskRoleArn ?? definition.taskRoleArn,
    overrides.executionRoleArn ?? definition.executionRoleArn,
  ];
  // As ECS says of services (from reports); of RunTask nobody quotes it.
  if (request.enableExecuteCommand && asked[0] === undefined) {
    throw invalid(
      "The task could not be started because a valid taskRoleArn is not being used. Specify a valid task role.",
    );
  }
  for (const arn of asked) {
    if (arn === undefined) continue;
    if (unpassable.includes(shortName(arn))) {
      throw new ApiError(
        "AccessDeniedException",
        `User: arn:aws:iam::${account}:user/burstlet is not authorized to perform: iam:PassRole on resource: ${arn} ` +
          "because no identity-based policy allows the iam:PassRole action",
      );
    }
    if (roles.includes(shortName(arn))) continue;
    throw new ApiError(
      "ClientException",
      `ECS was unable to assume the role '${arn}' that was provided for this task. Please verify that the role being ` +
        "passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.",
    );
  }
}

function sizeOf({ overrides }: RunTaskInput, definition: TaskDefinition): TaskSize {
  const cpu = overrides.cpu ?? definition.cpu ?? "";
  const memory = overrides.memory ?? definition.memory ?? "";
  const size = taskSize(cpu, memory);
  if (size === undefined) {
    throw new ApiError(
      "ClientException",
      `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory.`,
    );
  }
  return size;
}
