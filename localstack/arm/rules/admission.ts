/**
 * Whether there is room for a group and what it names, when its PUT comes and each time that it is tried again. Statuses of
 * quota and image are from memory; what is said at the PUT and what later are switches. Pure.
 */
import { azureActions } from "../../scenario/azure-actions.ts";
import type { Scenario } from "../../scenario/schema.ts";
import { armError, invalid } from "../errors.ts";
import type { Trouble } from "../group/surroundings.ts";
import { sameName } from "../ids.ts";
import type { GroupInput } from "../input/group.ts";
import type { Usage } from "./usage.ts";
import { sizeOf } from "./sizes.ts";

/** What of this is in use, without the group itself. */
export interface Room {
  readonly usage: Usage;
  /** Groups with an address in this subnet. */
  readonly inSubnet: (id: string) => number;
}

/** Throws what Azure answers to the PUT. */
export function admit(name: string, group: GroupInput, room: Room, scenario: Scenario): void {
  const { quotaAnswer, capacityAnswer, imageAnswer } = scenario.switches.azure;
  checkPlace(group, scenario);
  const quota = quotaTrouble(group, room, scenario);
  if (quotaAnswer === "at the PUT" && quota !== undefined) throw armError(409, quota.code, quota.message);
  const capacity = capacityTrouble(group, room, scenario);
  if (capacityAnswer === "at the PUT" && capacity !== undefined) throw armError(409, capacity.code, capacity.message);
  const image = imageTrouble(name, group, scenario);
  if (imageAnswer === "at the PUT" && image !== undefined)
    throw armError(image.code === "InaccessibleImage" ? 400 : 409, image.code, image.message);
}

/** What holds up a group that has been accepted. */
export function laterTrouble(name: string, group: GroupInput, room: Room, scenario: Scenario): Trouble | undefined {
  return (
    quotaTrouble(group, room, scenario) ??
    capacityTrouble(group, room, scenario) ??
    subnetTrouble(group, room, scenario) ??
    mountTrouble(group, scenario) ??
    imageTrouble(name, group, scenario)
  );
}

function checkPlace({ location, properties, identity }: GroupInput, { azure }: Scenario): void {
  if (!azure.registered) {
    const message =
      "The subscription is not registered to use namespace 'Microsoft.ContainerInstance'. See https://aka.ms/rps-not-found for how to register subscriptions.";
    throw armError(409, "MissingSubscriptionRegistration", message);
  }
  if (azure.locations[location] === undefined) {
    const all = Object.keys(azure.locations).join(",");
    const message = `The provided location '${location}' is not available for resource type 'Microsoft.ContainerInstance/containerGroups'. List of available regions for the resource type is '${all}'.`;
    throw invalid("LocationNotAvailableForResourceType", message);
  }
  for (const id of Object.keys(identity?.userAssignedIdentities ?? {})) {
    checkLinked(azureActions.assignIdentity, id, azure.denied);
    if (!azure.identities.some((one) => sameName(one, id)))
      throw invalid("FailedIdentityOperation", `The identity '${id}' was not found.`);
  }
  for (const { id } of properties.subnetIds) {
    checkLinked(azureActions.joinSubnet, id, azure.denied);
    const subnet = azure.subnets.find((one) => sameName(one.id, id));
    if (subnet === undefined) throw invalid("SubnetNotFound", `The subnet '${id}' was not found.`);
    const message = `The subnet '${id}' is not delegated to 'Microsoft.ContainerInstance/containerGroups'.`;
    if (!subnet.delegated) throw invalid("SubnetMissingRequiredDelegation", message);
  }
}

/** Text from memory. */
function checkLinked(action: string, id: string, denied: readonly string[]): void {
  if (!denied.some((one) => sameName(one, action))) return;
  const message = `The client has permission to perform action '${azureActions.writeGroups}' on the scope, however, it does not have permission to perform action(s) '${action}' on the linked scope(s) '${id}' (respectively).`;
  throw armError(403, "LinkedAuthorizationFailed", message);
}

/** The words of Azure's page on ContainerGroupQuotaReached. */
function quotaTrouble(group: GroupInput, { usage }: Room, { azure }: Scenario): Trouble | undefined {
  const { quotas } = azure.locations[group.location] ?? {};
  const { cpu } = sizeOf(group);
  const cores = group.properties.priority === "Spot" ? "StandardSpotCores" : "StandardCores";
  for (const [name, requested] of [
    ["ContainerGroups", 1],
    [cores, cpu],
  ] as const) {
    const limit = quotas?.[name] ?? 0;
    if (usage[name] + requested <= limit + 1e-9) continue;
    const message = `Resource type 'Microsoft.ContainerInstance/containerGroups' container group quota '${name}' exceeded in region '${group.location}'. Limit: '${limit}', Usage: '${usage[name]}' Requested: '${requested}'.`;
    return { code: "ContainerGroupQuotaReached", message };
  }
  return undefined;
}

/** The words of Azure's page on it. */
function capacityTrouble(group: GroupInput, { usage }: Room, { azure }: Scenario): Trouble | undefined {
  const capacity = azure.locations[group.location]?.capacity;
  const { cpu, memoryInGB } = sizeOf(group);
  if (capacity === undefined || usage.running + cpu <= capacity + 1e-9) return undefined;
  const message = `The requested resource is not available in the location '${group.location}' at this moment. Please retry with a different resource request or in another location. Resource requested: '${cpu}' CPU '${memoryInGB}' GB memory '${group.properties.osType}' OS`;
  return { code: "ServiceUnavailable", message };
}

function subnetTrouble(group: GroupInput, { inSubnet }: Room, { azure }: Scenario): Trouble | undefined {
  for (const { id } of group.properties.subnetIds) {
    const { capacity = Infinity } = azure.subnets.find((one) => sameName(one.id, id)) ?? {};
    if (inSubnet(id) >= capacity) return { code: "SubnetFull", message: `The subnet '${id}' has no address left.` };
  }
  return undefined;
}

function mountTrouble({ properties: { volumes } }: GroupInput, { azure }: Scenario): Trouble | undefined {
  for (const { name, azureFile } of volumes) {
    if (azureFile === undefined) continue;
    const { storageAccountName: account, shareName: share } = azureFile;
    if (azure.shares.includes(`${account}/${share}`)) continue;
    const message = `Failed to mount Azure File Volume '${name}'. Either shareName '${share}' or storageAccountName '${account}' does not exist.`;
    return { code: "FailedMount", message, event: "FailedMount" };
  }
  return undefined;
}

/** The words of Azure's pages on InaccessibleImage and on the limit of Docker Hub. */
function imageTrouble(name: string, { properties }: GroupInput, { images }: Scenario): Trouble | undefined {
  for (const { name: container, properties: own } of [...properties.initContainers, ...properties.containers]) {
    const pull = images[own.image]?.pull;
    if (pull === undefined) continue;
    const message =
      pull === "limited"
        ? "An error response is received from the docker registry 'index.docker.io'. Please retry later."
        : `The image '${own.image}' in container group '${name}' is not accessible. Please check the image and registry credential.`;
    return { code: pull === "limited" ? "RegistryErrorResponse" : "InaccessibleImage", message, container };
  }
  return undefined;
}
