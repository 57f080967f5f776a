import type { Work } from "../account.ts";
import { armError, invalid } from "../errors.ts";
import { eventPicture, timeOf } from "../group/picture.ts";
import { largest } from "../rules/sizes.ts";
import { usageOf } from "../rules/usage.ts";
import { operationUrl } from "./place.ts";

const usageNames = {
  ContainerGroups: "Container Groups",
  StandardCores: "Standard Cores",
  StandardSpotCores: "Standard Spot Cores",
} as const;

export const getUsages: Work = ({ groups, scenario }, { path: { location = "", subscription = "" } }) => {
  const { azure, switches } = scenario.now;
  const { quotas } = azure.locations[location] ?? {};
  if (quotas === undefined) throw noLocation(location);
  const usage = usageOf(groups.all, location, switches.azure.endedGroups);
  const names = Object.keys(usageNames) as (keyof typeof usageNames)[];
  const value = names.map((name) => {
    const id = `/subscriptions/${subscription}/providers/Microsoft.ContainerInstance/locations/${location}/usages/${name}`;
    const shown = { value: name, localizedValue: usageNames[name] };
    return { id, unit: "Count", currentValue: usage[name], limit: quotas[name], name: shown };
  });
  return { status: 200, body: { value } };
};

export const getCapabilities: Work = ({ scenario }, { path: { location = "" } }) => {
  if (scenario.now.azure.locations[location] === undefined) throw noLocation(location);
  const value = ["Public", "Private"].map((ipAddressType) => ({
    resourceType: "containerGroups",
    osType: "Linux",
    location,
    ipAddressType,
    gpu: "None",
    capabilities: { maxMemoryInGB: largest.Standard.memoryInGB, maxCpu: largest.Standard.cpu, maxGpuCount: 0 },
  }));
  return { status: 200, body: { value } };
};

export const getOperation: Work = ({ groups }, { path: { id = "" } }) => {
  const operation = groups.operation(id);
  if (operation === undefined) throw armError(404, "OperationNotFound", `The operation '${id}' was not found.`);
  const { groupId, status, startTime, error } = operation;
  const record = groups.all.find((one) => one.id === groupId);
  const events = (record?.events ?? []).map(eventPicture);
  return { status: 200, body: { id: groupId, status, startTime: timeOf(startTime), properties: { events }, error } };
};

/** What Location names: 202 until the operation is over. */
export const getOperationResult: Work = ({ groups }, { path: { id = "" }, base }) => {
  const operation = groups.operation(id);
  if (operation === undefined) throw armError(404, "OperationNotFound", `The operation '${id}' was not found.`);
  const location = operationUrl(base, operation, "operationresults");
  if (operation.status === "Pending") return { status: 202, headers: { location, "retry-after": "1" } };
  if (operation.error !== undefined) throw armError(409, operation.error.code, operation.error.message);
  return { status: 204 };
};

const noLocation = (location: string) =>
  invalid("LocationNotAvailableForResourceType", `The provided location '${location}' is not available.`);
