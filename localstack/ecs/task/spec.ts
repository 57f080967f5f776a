import type {
  ContainerSpec,
  HostPath,
  SecuritySpec,
  TaskSpec,
  VolumeSpec,
} from "../../../providers/local/runtime/runtime.ts";
import { identityOf, owner } from "../../owner.ts";
import type { ContainerDefinition } from "../input/container-definition.ts";
import { hostnameOf } from "../names.ts";
import { networkMounts } from "../storage/network-files.ts";
import type { Confided } from "./confided.ts";
import { type Place, rowOf } from "./order.ts";
import { overridden, type TaskRecord } from "./record.ts";

export interface SpecSurroundings {
  /** What each container got from Secrets Manager. */
  readonly confided: Pick<Confided, "variables">;
  /** Volumes that are folders of this machine. */
  readonly hostPaths: readonly HostPath[];
  /** Files that all containers share. */
  readonly networkFiles: HostPath | undefined;
  /** Base of the task metadata endpoint as tasks reach it, without a slash at its end; `undefined`: none. */
  readonly metadata: string | undefined;
  readonly region: string;
  /** Does the runtime run images, which go by their names? A timetable knows them as they are written. */
  readonly realImages: boolean;
}

/** What a runtime is asked to run for a task: its definition with the request's overrides. Pure. */
export function specOf(record: TaskRecord, around: SpecSurroundings): TaskSpec {
  const { id, definition } = record;
  const byName = new Map(definition.containerDefinitions.map((container) => [container.name, container]));
  const row = rowOf(definition.containerDefinitions);
  const containers = row.flatMap((place): ContainerSpec[] => {
    const container = byName.get(place.name);
    return container === undefined ? [] : [containerSpec(record, container, place, around)];
  });
  const hostPaths = [...around.hostPaths, ...(around.networkFiles === undefined ? [] : [around.networkFiles])];
  const sysctls = definition.containerDefinitions.flatMap(({ systemControls }) =>
    systemControls.map(({ namespace, value }) => ({ name: namespace, value })),
  );
  return {
    identity: identityOf(id),
    token: id,
    podNamespace: "ecs",
    podName: id,
    nodeName: owner.nodeName,
    hostname: hostnameOf(id),
    hostAliases: [],
    dns: undefined,
    containers,
    volumes: volumesOf(record, around.hostPaths),
    ...(hostPaths.length > 0 && { hostPaths }),
    pullCredentials: [],
    graceSeconds: graceOf(definition.containerDefinitions),
    ...(sysctls.length > 0 && { sysctls }),
    ...(definition.pidMode === "task" && { sharesProcesses: true }),
  };
}

/** Seconds between SIGTERM and SIGKILL; 30 where the definition says nothing. */
export const stopTimeoutOf = ({ stopTimeout = 30 }: Pick<ContainerDefinition, "stopTimeout">): number => stopTimeout;

export const graceOf = (containers: readonly ContainerDefinition[]): number =>
  Math.max(...containers.map((container) => stopTimeoutOf(container)));

function containerSpec(
  record: TaskRecord,
  container: ContainerDefinition,
  { kind, awaitsHealth }: Place,
  around: SpecSurroundings,
): ContainerSpec {
  const change = overridden(record, container.name);
  const memory = change?.memory ?? container.memory ?? record.size.memory;
  return {
    name: container.name,
    kind,
    image: around.realImages ? imageOf(container.image) : container.image,
    imagePullPolicy: "IfNotPresent",
    command: container.entryPoint,
    args: change?.command ?? container.command,
    workingDir: container.workingDirectory,
    env: environmentOf(record, container, around),
    mounts: [
      ...container.mountPoints.map(({ sourceVolume, containerPath, readOnly = false }) => {
        return { volume: sourceVolume, path: containerPath, readOnly };
      }),
      ...tmpfsOf(container).map(({ name, containerPath }) => ({ volume: name, path: containerPath, readOnly: false })),
      ...(around.networkFiles === undefined ? [] : networkMounts),
    ],
    memoryLimit: memory * 2 ** 20,
    terminationMessagePath: "/dev/termination-log",
    terminationMessageFallback: false,
    stdin: container.interactive === true,
    stdinOnce: false,
    tty: container.pseudoTerminal === true,
    ...(awaitsHealth && { startupProbed: true }),
    ...securityOf(container),
  };
}

/** Amazon's mirror of Docker's official images has the very same ones; a machine has them by Docker's names. */
const imageOf = (image: string): string => image.replace(/^public\.ecr\.aws\/docker\/library\//, "docker.io/library/");

/** Overrides win over the definition; ECS's own variables are there in any case. */
function environmentOf(
  record: TaskRecord,
  { name, environment }: ContainerDefinition,
  { metadata, region, confided }: SpecSurroundings,
): ContainerSpec["env"] {
  const values = new Map(environment.map((variable) => [variable.name, variable.value]));
  for (const [variable, value] of confided.variables.get(name) ?? []) values.set(variable, value);
  for (const variable of overridden(record, name)?.environment ?? []) values.set(variable.name, variable.value);
  const own = {
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: "AWS_ECS_FARGATE",
    AWS_REGION: region,
    ...(metadata !== undefined && { ECS_CONTAINER_METADATA_URI_V4: `${metadata}/${record.id}/${name}` }),
  };
  for (const [variable, value] of Object.entries(own)) if (!values.has(variable)) values.set(variable, value);
  return [...values].map(([variable, value]) => ({ name: variable, value }));
}

function volumesOf({ definition }: TaskRecord, hostPaths: readonly HostPath[]): readonly VolumeSpec[] {
  const isElsewhere = (name: string): boolean => hostPaths.some((one) => one.name === name);
  return [
    ...definition.volumes
      .filter(({ name }) => !isElsewhere(name))
      .map(({ name }): VolumeSpec => ({ name, kind: "emptyDir", medium: "disk" })),
    ...definition.containerDefinitions.flatMap((container) =>
      tmpfsOf(container).map(({ name, size }): VolumeSpec => {
        return { name, kind: "emptyDir", medium: "memory", sizeLimit: size * 2 ** 20 };
      }),
    ),
  ];
}

const tmpfsOf = ({ name, linuxParameters }: ContainerDefinition) =>
  (linuxParameters?.tmpfs ?? []).map((one, index) => ({ ...one, name: `tmpfs-${name}-${index}` }));

/** ECS gives a container Docker's own set of rights; what the definition leaves out is the image's. */
function securityOf({ user, readonlyRootFilesystem, linuxParameters }: ContainerDefinition): {
  security?: SecuritySpec;
} {
  const { add = [], drop = [] } = linuxParameters?.capabilities ?? {};
  if (user === undefined && readonlyRootFilesystem !== true && add.length + drop.length === 0) return {};
  const [uid, gid] = (user ?? "").split(":").map((part) => (/^\d+$/.test(part) ? Number(part) : undefined));
  return {
    security: {
      user: uid,
      group: gid,
      nonRoot: false,
      groups: [],
      readOnlyRoot: readonlyRootFilesystem === true,
      addCapabilities: add,
      dropCapabilities: drop,
      privileged: false,
      noNewPrivileges: false,
      unconfined: false,
    },
  };
}
