import type { ContainerSpec, SecuritySpec, TaskSpec, VolumeSpec } from "../../../providers/local/runtime/runtime.ts";
import { identityOf, owner } from "../../owner.ts";
import type { GroupInput, VolumeInput } from "../input/group.ts";
import { metricsContainers } from "../metrics/extension.ts";
import type { ContainerRecord, GroupRecord } from "./record.ts";

export interface SpecSettings {
  /** Bytes of memoryInGB: 1. */
  readonly gigabyte: number;
  /** Seconds from SIGTERM to SIGKILL when the group ends; 0: no SIGTERM. */
  readonly grace: number;
  /** As `Surroundings.metrics`. */
  readonly metrics: string | undefined;
}

/** What a runtime is asked to run for a group: init containers one after the other, then the others together. Pure. */
export function specOf(record: GroupRecord, settings: SpecSettings): TaskSpec {
  const { uid, name, resourceGroup, input, deployment, containers } = record;
  const { imageRegistryCredentials, volumes } = input.properties;
  return {
    identity: identityOf(uid, deployment),
    token: `${uid}-${deployment}`,
    podNamespace: resourceGroup.slice(0, 63),
    podName: name,
    nodeName: owner.nodeName,
    // Names of Azure's machines, from memory: SandboxHost- and a number.
    hostname: `sandboxhost-${uid.slice(0, 12)}`,
    hostAliases: [],
    dns: dnsOf(input),
    containers: [
      ...containers.map((container) => containerSpec(container, record, settings)),
      ...metricsContainers(record, settings.metrics),
    ],
    volumes: volumes.map(volumeSpec),
    pullCredentials: imageRegistryCredentials.flatMap(({ server, username, password }) =>
      username === undefined || password === undefined ? [] : [{ registry: server, username, password }],
    ),
    graceSeconds: settings.grace,
  };
}

function dnsOf({ properties: { dnsConfig } }: GroupInput): TaskSpec["dns"] {
  if (dnsConfig === undefined) return undefined;
  const words = (text = ""): string[] => text.split(/\s+/).filter((word) => word !== "");
  const { nameServers, searchDomains, options } = dnsConfig;
  return { nameservers: nameServers, searches: words(searchDomains), options: words(options) };
}

function containerSpec(
  { name, isInit, input }: ContainerRecord,
  { size }: GroupRecord,
  { gigabyte }: SpecSettings,
): ContainerSpec {
  const { resources } = input;
  // Without a limit of its own a container may have all of the group, as an init container does.
  const { cpu = size.cpu, memoryInGB = size.memoryInGB } = resources?.limits ?? {};
  return {
    name,
    kind: isInit ? "init" : "main",
    image: input.image,
    imagePullPolicy: "IfNotPresent",
    // The whole command line: it replaces entry point and arguments.
    command: input.command === undefined || input.command.length === 0 ? undefined : input.command,
    args: undefined,
    workingDir: undefined,
    env: input.environmentVariables.map(({ name: variable, value, secureValue }) => {
      return { name: variable, value: value ?? secureValue ?? "" };
    }),
    mounts: input.volumeMounts.map(({ name: volume, mountPath, readOnly }) => ({ volume, path: mountPath, readOnly })),
    cpuRequest: resources?.requests.cpu,
    cpuLimit: cpu,
    memoryLimit: Math.floor(memoryInGB * gigabyte),
    terminationMessagePath: "/dev/termination-log",
    terminationMessageFallback: false,
    stdin: false,
    stdinOnce: false,
    tty: false,
    ...securityOf(input.securityContext),
  };
}

/** A share has a folder of the group's own in its place. */
function volumeSpec({ name, secret }: VolumeInput): VolumeSpec {
  if (secret === undefined) return { name, kind: "emptyDir", medium: "disk" };
  const files = Object.entries(secret).map(([path, content]) => {
    return { path, mode: 0o644, content, encoding: "base64" as const };
  });
  return { name, kind: "files", files };
}

/** That groups of the Standard sku keep to it is not verified. */
function securityOf(context: ContainerRecord["input"]["securityContext"]): { security?: SecuritySpec } {
  if (context === undefined) return {};
  return {
    security: {
      user: context.runAsUser,
      group: context.runAsGroup,
      nonRoot: false,
      groups: [],
      readOnlyRoot: false,
      addCapabilities: context.capabilities?.add ?? [],
      dropCapabilities: context.capabilities?.drop ?? [],
      privileged: false,
      noNewPrivileges: context.allowPrivilegeEscalation === false,
      unconfined: false,
    },
  };
}
