/**
 * What Azure refuses of a group whatever else it has: names, counts, ports, sizes, volumes. Numbers and forms are those of
 * its pages on limits and troubleshooting; codes are from memory, but for those that people quote: DuplicateVolumes,
 * ContainerLimitGreaterThanContainerGroupTotalRequest, OsVersionNotSupported. Pure.
 */
import { notSimulated, type ApiError } from "../../server/service.ts";
import { invalid } from "../errors.ts";
import type { GroupInput } from "../input/group.ts";
import { largest, sizeOf } from "./sizes.ts";

/** Throws the first trouble. */
export function checkGroup(name: string, group: GroupInput): void {
  const [first] = troubles(name, group);
  if (first !== undefined) throw first;
}

const hyphened = /^(?!.*--)[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const isName = (text: string): boolean => text.length <= 63 && hyphened.test(text);
const isVolumeName = (text: string): boolean => text.length >= 5 && isName(text);
/** That an underscore may stand at neither end is not verified. */
const isVariable = (text: string): boolean => /^(?!_)\w{1,63}(?<!_)$/.test(text);

/** Azure's page of questions and answers. */
const reserved: readonly (readonly [from: number, to: number])[] = [
  [22, 22],
  [1025, 1027],
  [3389, 3399],
  [9999, 9999],
  [19_000, 19_000],
  [19_080, 19_080],
  [19_100, 19_100],
  [19_390, 19_390],
  [20_000, 30_000],
  [49_152, 65_534],
];

function* troubles(name: string, group: GroupInput): Generator<ApiError> {
  const { properties } = group;
  if (!isName(name)) yield invalid("InvalidContainerGroupName", `The container group name '${name}' is invalid.`);
  if (properties.osType === "Windows") throw notSimulated("osType Windows");
  if (properties.sku === "Dedicated") throw notSimulated("sku Dedicated");
  yield* tagTroubles(group);
  yield* containerTroubles(group);
  yield* volumeTroubles(group);
  yield* networkTroubles(group);
  yield* sizeTroubles(group);
}

function* tagTroubles({ tags }: GroupInput): Generator<ApiError> {
  const all = Object.entries(tags);
  if (all.length > 50) yield invalid("TooManyTags", `A resource has at most 50 tags, and there are ${all.length}.`);
  for (const [name, value] of all) {
    if (name.length > 512 || /[<>%&\\?/]/.test(name)) yield invalid("InvalidTagNameCharacters", `Tag name '${name}'.`);
    if (value.length > 256) yield invalid("InvalidTagValue", `The value of tag '${name}' is longer than 256.`);
  }
}

function* containerTroubles({ properties }: GroupInput): Generator<ApiError> {
  const all = [...properties.initContainers, ...properties.containers];
  if (all.length > 60) yield invalid("TooManyContainers", `A group has at most 60 containers, not ${all.length}.`);
  const names = all.map(({ name }) => name);
  if (new Set(names).size < names.length) yield invalid("DuplicateContainers", "Two containers have one name.");
  for (const { name, properties: own } of all) {
    if (!isName(name)) yield invalid("InvalidContainerName", `The container name '${name}' is invalid.`, name);
    for (const variable of own.environmentVariables) {
      if (!isVariable(variable.name))
        yield invalid("InvalidContainerEnvironmentVariable", `Variable '${variable.name}' of '${name}' is invalid.`);
    }
    if (own.securityContext?.privileged === true)
      yield invalid("PrivilegedContainerNotSupported", `Container '${name}' is privileged, which no sku has.`);
  }
}

function* volumeTroubles({ properties: { volumes, containers, initContainers } }: GroupInput): Generator<ApiError> {
  const names = volumes.map(({ name }) => name);
  if (volumes.length > 20) yield invalid("TooManyVolumes", `A group has at most 20 volumes, not ${volumes.length}.`);
  if (new Set(names).size < names.length)
    yield invalid("DuplicateVolumes", `Duplicate volumes '${names.join(",")}' found.`);
  for (const { name, emptyDir, secret, azureFile } of volumes) {
    if (!isVolumeName(name)) yield invalid("InvalidVolumeName", `The volume name '${name}' is invalid.`);
    const kinds = [emptyDir, secret, azureFile].filter((kind) => kind !== undefined).length;
    if (kinds !== 1) yield invalid("InvalidVolume", `Volume '${name}' has ${kinds} kinds instead of one.`);
    for (const [file, content] of Object.entries(secret ?? {})) {
      if (file.includes("/"))
        yield invalid("InvalidSecretVolume", `File '${file}' of volume '${name}' is in a folder.`);
      if (Buffer.from(content, "base64").toString("base64") !== content)
        yield invalid("InvalidSecretVolume", `File '${file}' of volume '${name}' is not base64.`);
    }
  }
  for (const { name, properties } of [...initContainers, ...containers]) {
    const lost = properties.volumeMounts.find((mount) => !names.includes(mount.name));
    if (lost !== undefined)
      yield invalid("VolumeMountNotFound", `'${name}' mounts '${lost.name}', which is no volume.`);
  }
}

function* networkTroubles({ properties, zones }: GroupInput): Generator<ApiError> {
  const { ipAddress, subnetIds, containers, priority, sku } = properties;
  const ports = ipAddress?.ports ?? [];
  if (ports.length > 5) yield invalid("ExceededPortLimit", `A group has at most 5 ports, not ${ports.length}.`);
  if (ipAddress?.type === "Public" && ports.length === 0)
    yield invalid("MissingIpAddressPorts", "A public address needs a port.");
  if (ipAddress?.type === "Public" && subnetIds.length > 0)
    yield invalid("PublicIPAddressNotSupported", "A group in a subnet has no public address.");
  if (ipAddress?.type === "Private" && subnetIds.length === 0)
    yield invalid("PrivateIPAddressNotSupported", "A private address needs a subnet.");
  if (ipAddress?.dnsNameLabel !== undefined && subnetIds.length > 0)
    yield invalid("DnsNameLabelNotSupported", "A group in a subnet has no DNS label.");
  const exposed = containers.flatMap(({ properties: { ports: own } }) => own);
  for (const { port, protocol } of ports) {
    if (reserved.some(([from, to]) => port >= from && port <= to))
      yield invalid("ReservedPort", `Port ${port} is reserved.`);
    if (!exposed.some((own) => own.port === port && own.protocol === protocol))
      yield invalid("PortNotExposed", `Port ${port} of the address is exposed by no container.`);
  }
  if (new Set(exposed.map(({ port, protocol }) => `${port}/${protocol}`)).size < exposed.length)
    yield invalid("DuplicatePorts", "Two containers expose one port.");
  if ((zones ?? []).length > 1) yield invalid("InvalidZones", "A group is in one zone at most.");
  const isPlain = ipAddress === undefined && subnetIds.length === 0 && zones === undefined && sku === "Standard";
  if (priority === "Spot" && !isPlain)
    yield invalid("SpotNotSupported", "A Spot group has no address, subnet, zone or Confidential sku.");
}

function* sizeTroubles(group: GroupInput): Generator<ApiError> {
  const { sku, priority, containers } = group.properties;
  const size = sizeOf(group);
  const most = largest[priority === "Spot" ? "Spot" : sku === "Confidential" ? "Confidential" : "Standard"];
  if (size.cpu > most.cpu || size.memoryInGB > most.memoryInGB) {
    const message = `The group asks for ${size.cpu} vCPU and ${size.memoryInGB} GB; the most is ${most.cpu} and ${most.memoryInGB}.`;
    yield invalid("InvalidResourceRequest", message);
  }
  // One core and one GB are the least that a group has; that a smaller one is refused is not verified.
  if (size.cpu < 1 || size.memoryInGB < 1)
    yield invalid("InvalidResourceRequest", "A container group has at least 1 vCPU and 1 GB.");
  for (const { name, properties } of containers) {
    const { cpu = 0, memoryInGB = 0 } = properties.resources.limits ?? {};
    if (cpu <= size.cpu && memoryInGB <= size.memoryInGB) continue;
    yield invalid(
      "ContainerLimitGreaterThanContainerGroupTotalRequest",
      `The resource limit of container '${name}' is greater than the total request of its container group.`,
    );
  }
}
