import { rfc3339Nano } from "../../../src/model/clock.ts";
import type { GroupInput } from "../input/group.ts";
import { stateOf } from "./decide.ts";
import type { ContainerRecord, GroupEvent, GroupRecord, Run } from "./record.ts";

/** How the picture is told where Azure has not been asked: switches. */
export interface Manner {
  readonly previousState: "absent" | "null";
  readonly subnetAddress: "told" | "absent";
  readonly endedEvents: "absent" | "told";
}

/**
 * `put`: answer of a PUT, whose containers have no instanceView. `list`: none at all, as recorded. Neither tells a password,
 * a key, a secret file or a secure value. Members without a value are left out, as JSON does with `undefined`.
 */
export type Occasion = "put" | "get" | "list";

export function groupPicture(record: GroupRecord, occasion: Occasion, manner: Manner): object {
  const { id, name, location, tags, input } = record;
  return {
    properties: {
      sku: input.properties.sku,
      priority: input.properties.priority,
      provisioningState: record.provisioning,
      provisioningTimeoutInSeconds: 1800,
      isCustomProvisioningTimeout: false,
      containers: record.containers.filter(({ isInit }) => !isInit).map((one) => shown(one, record, occasion, manner)),
      initContainers: record.containers
        .filter(({ isInit }) => isInit)
        .map((one) => shown(one, record, occasion, manner)),
      imageRegistryCredentials: listOrNothing(input.properties.imageRegistryCredentials, without("password")),
      restartPolicy: input.properties.restartPolicy,
      osType: input.properties.osType,
      ipAddress: addressOf(record, manner),
      dnsConfig: input.properties.dnsConfig,
      volumes: listOrNothing(input.properties.volumes, volumePicture),
      subnetIds: listOrNothing(input.properties.subnetIds, (one) => one),
      confidentialComputeProperties: input.properties.confidentialComputeProperties,
      extensions: listOrNothing(input.properties.extensions, ({ name: named, properties }) => {
        return { name: named, properties: without("protectedSettings")(properties) };
      }),
      instanceView:
        occasion === "list" ? undefined : { events: record.events.map(eventPicture), state: stateOf(record) },
    },
    id,
    name,
    type: "Microsoft.ContainerInstance/containerGroups",
    location,
    tags,
    identity: input.identity,
    zones: input.zones,
  };
}

function listOrNothing<T>(list: readonly T[], show: (one: T) => object): readonly object[] | undefined {
  return list.length === 0 ? undefined : list.map(show);
}

/** All but what is secret. */
function without(secret: string): (one: object) => object {
  return (one) => Object.fromEntries(Object.entries(one).filter(([name]) => name !== secret));
}

function volumePicture({ name, emptyDir, secret, azureFile }: GroupInput["properties"]["volumes"][number]): object {
  if (secret !== undefined) return { name, secret: {} };
  if (azureFile === undefined) return { name, emptyDir };
  return { name, azureFile: without("storageAccountKey")(azureFile) };
}

function addressOf({ input, address, location }: GroupRecord, { subnetAddress }: Manner): object | undefined {
  const { ipAddress, subnetIds } = input.properties;
  if (ipAddress === undefined) {
    if (subnetIds.length === 0 || subnetAddress === "absent" || address === undefined) return undefined;
    return { type: "Private", ip: address, ports: [] };
  }
  const { type, ports, dnsNameLabel } = ipAddress;
  const fqdn = dnsNameLabel === undefined ? undefined : `${dnsNameLabel}.${location}.azurecontainer.io`;
  return { type, ports, ip: address, dnsNameLabel, fqdn };
}

function shown(container: ContainerRecord, record: GroupRecord, occasion: Occasion, manner: Manner): object {
  const { name, isInit, input } = container;
  const { environmentVariables, command, volumeMounts, ports, ...rest } = input;
  return {
    name,
    properties: {
      ...without("instanceView")(rest),
      command: command ?? [],
      environmentVariables: environmentVariables.map(({ name: variable, value }) => ({ name: variable, value })),
      ...(volumeMounts.length > 0 && { volumeMounts }),
      ...(!isInit && { ports: ports ?? [] }),
      ...(occasion === "get" && { instanceView: viewOf(container, record, manner) }),
    },
  };
}

function viewOf(
  { current, previous, restartCount, events }: ContainerRecord,
  { input: { properties } }: GroupRecord,
  { previousState, endedEvents }: Manner,
): object | undefined {
  if (current === undefined) return undefined;
  const hides = endedEvents === "absent" && properties.restartPolicy === "Never" && current.state === "Terminated";
  const before = previous === undefined ? (previousState === "null" ? null : undefined) : runPicture(previous);
  return {
    restartCount,
    currentState: runPicture(current),
    previousState: before,
    events: hides ? undefined : events.map(eventPicture),
  };
}

function runPicture({ state, startTime, exitCode, finishTime, detailStatus }: Run): object {
  return { state, startTime: timeOf(startTime), exitCode, finishTime: timeOf(finishTime), detailStatus };
}

export function eventPicture({ count, firstTimestamp, lastTimestamp, name, message, type }: GroupEvent): object {
  return {
    count,
    firstTimestamp: timeOf(firstTimestamp),
    lastTimestamp: timeOf(lastTimestamp),
    name,
    message,
    type,
  };
}

/** With milliseconds. */
export function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : `${rfc3339Nano(ms).slice(0, 23)}Z`;
}
