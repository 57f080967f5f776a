import type { ArmAccount, ArmRequest } from "../account.ts";
import { containerNotFound, groupNotFound } from "../errors.ts";
import type { GroupLife } from "../group/life.ts";
import type { ContainerRecord, OperationRecord } from "../group/record.ts";
import type { GroupPlace } from "../ids.ts";

export function placeOf({ path }: ArmRequest): GroupPlace {
  const { subscription = "", resourceGroup = "", name = "" } = path;
  return { subscription, resourceGroup, name };
}

export function groupOf({ groups }: ArmAccount, request: ArmRequest): GroupLife {
  const place = placeOf(request);
  const life = groups.find(place);
  if (life === undefined) throw groupNotFound(place.name, place.resourceGroup);
  return life;
}

export function containerOf({ record }: GroupLife, { path: { container: name = "" } }: ArmRequest): ContainerRecord {
  const container = record.containers.find((one) => one.name === name);
  if (container === undefined) throw containerNotFound(name, record.name);
  return container;
}

const provider = "providers/Microsoft.ContainerInstance";

/** The address of an operation; the version is the one of recorded answers. */
export function operationUrl(base: string, { id, groupId, location }: OperationRecord, kind = "operations"): string {
  const subscription = groupId.split("/")[2];
  return `${base}/subscriptions/${subscription}/${provider}/locations/${location}/${kind}/${id}?api-version=2018-06-01`;
}

export function operationHeader(base: string, operation: OperationRecord): Readonly<Record<string, string>> {
  return { "azure-asyncoperation": operationUrl(base, operation) };
}
