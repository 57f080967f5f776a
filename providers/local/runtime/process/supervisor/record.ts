import { createHash } from "node:crypto";
import {
  ProviderError,
  type ContainerState,
  type FilesVolume,
  type RunState,
  type TaskIdentity,
  type TaskState,
  type Terminated,
} from "../../../../../src/provider.ts";
import { findImage } from "../images.ts";
import { taskKey } from "../paths.ts";
import type { ContainerSpec, TaskSpec } from "../../runtime.ts";
import type { ProcessMark } from "../host/processes.ts";
import type { Abilities, TaskNetwork } from "../protocol.ts";
import { phaseOf } from "./row.ts";

/** An order that does not fit what the task does. */
export const conflict = (reason: string, message: string): ProviderError =>
  new ProviderError("conflict", reason, message);

/** What is known of one task; on disk before anything is done that it tells of. */
export interface TaskRecord {
  readonly key: string;
  readonly identity: TaskIdentity;
  readonly podName: string;
  readonly podNamespace: string;
  readonly nodeName: string;
  readonly hostIP?: string | undefined;
  readonly version: number;
  /** `stop` was asked: nothing starts any more. */
  readonly stopping: boolean;
  readonly sandbox?: ProcessMark | undefined;
  /** Set once the task's network has it. */
  readonly address?: string | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly containers: readonly ContainerRecord[];
}

export interface ContainerRecord {
  readonly name: string;
  readonly kind: ContainerSpec["kind"];
  readonly image: string;
  readonly instance: number;
  readonly state: RunState;
  readonly last?: Terminated | undefined;
  /** The program of this instance may have been started: it must not be started again. */
  readonly spawned: boolean;
  /** Some instance of it ran: a sidecar that did lets the row go on. */
  readonly started: boolean;
  /** A sidecar that has still to start up: nothing behind it starts. */
  readonly held?: boolean | undefined;
  /** A main container whose postStart hook holds up the ones after it. */
  readonly hooked?: boolean | undefined;
  /** As ContainerState.hookFailures. */
  readonly hookFailures?: ContainerState["hookFailures"];
  /** Processes to end when this run is given up. */
  readonly marks: readonly ProcessMark[];
}

/** The kubelet's waiting state before a container's first run: PodInitializing as soon as there is an init container. */
function firstWait(containers: readonly { readonly kind: ContainerSpec["kind"] }[]): RunState {
  const initializing = containers.some(({ kind }) => kind === "init" || kind === "sidecar");
  return { is: "waiting", reason: initializing ? "PodInitializing" : "ContainerCreating" };
}

export function newRecord(spec: TaskSpec, hostIP: string | undefined): TaskRecord {
  const { identity, podName, podNamespace, nodeName } = spec;
  const state = firstWait(spec.containers);
  return {
    key: taskKey(identity),
    identity,
    podName,
    podNamespace,
    nodeName,
    hostIP,
    version: 1,
    stopping: false,
    containers: spec.containers.map(({ name, kind, image, startupProbed, postStart }) => ({
      name,
      kind,
      image,
      instance: 0,
      state,
      spawned: false,
      started: false,
      ...(startupProbed === true && { held: true }),
      ...(postStart !== undefined && { hooked: true }),
      marks: [],
    })),
  };
}

export function withContainer(record: TaskRecord, name: string, change: Partial<ContainerRecord>): TaskRecord {
  return {
    ...record,
    containers: record.containers.map((container) =>
      container.name === name ? { ...container, ...change } : container,
    ),
  };
}

/** The container waits for its next run. Throws where there can be none yet, or any more. */
export function withNextRun(record: TaskRecord, name: string, instance: number, runs: boolean): TaskRecord {
  const { key, stopping, containers } = record;
  const last = containers.find((one) => one.name === name)?.state;
  if (stopping) throw conflict("TaskStopping", `task ${key} is being stopped, container ${name} does not start again`);
  if (last?.is !== "terminated" || runs)
    throw conflict("ContainerNotEnded", `container ${name} of task ${key} has not ended, so it cannot run again yet`);
  const fresh = { spawned: false, marks: [], hookFailures: undefined };
  return withContainer(record, name, { ...fresh, instance, last, state: firstWait(record.containers) });
}

/** With more containers of the spec, which wait for their first run. */
export function withAdded(record: TaskRecord, spec: TaskSpec, added: TaskSpec["containers"]): TaskRecord {
  const more = newRecord({ ...spec, containers: added }, undefined).containers;
  return { ...record, containers: [...record.containers, ...more] };
}

/** The spec with other files in volumes that it has. */
export function withFiles(spec: TaskSpec, { key, stopping }: TaskRecord, files: readonly FilesVolume[]): TaskSpec {
  if (stopping) throw conflict("TaskStopping", `task ${key} is being stopped, its files stay as they are`);
  const unknown = files.find(({ name }) => !spec.volumes.some((one) => one.name === name && one.kind === "files"));
  if (unknown !== undefined)
    throw new ProviderError("invalid", "VolumeNotFound", `task ${key} has no volume of files called ${unknown.name}`);
  return { ...spec, volumes: spec.volumes.map((volume) => files.find(({ name }) => name === volume.name) ?? volume) };
}

export function networkOf({ sandbox: mark, address }: TaskRecord, { addresses }: Abilities): TaskNetwork {
  if (mark !== undefined && address !== undefined) return { mark, address };
  const message = addresses
    ? "the pod has no network yet"
    : "pods share the network of this host, where a port may be anybody's: forwarding needs pods with an address of their own";
  throw conflict("NoTaskNetwork", message);
}

/** The picture for the core; `launching` are the containers that are on their way to running. */
export function toTaskState(record: TaskRecord, launching: ReadonlySet<string>): TaskState {
  return {
    id: record.key,
    identity: record.identity,
    podName: record.podName,
    podNamespace: record.podNamespace,
    nodeName: record.nodeName,
    version: record.version,
    phase: phaseOf(record, launching),
    containers: record.containers.map(({ name, kind, image, instance, state, last, spawned, hookFailures }) => ({
      name,
      kind,
      instance,
      image,
      imageID: findImage(image) === undefined ? undefined : `process://${findImage(image)?.name}`,
      containerID: spawned ? containerID(record.key, name, instance) : undefined,
      state,
      last,
      ...(hookFailures !== undefined && { hookFailures }),
    })),
    podIPs: record.address === undefined ? [] : [record.address],
    hostIP: record.hostIP,
    probedBy: "core",
    reason: record.reason,
    message: record.message,
  };
}

function containerID(key: string, name: string, instance: number): string {
  return `process://${createHash("sha256")
    .update(JSON.stringify([key, name, instance]))
    .digest("hex")}`;
}
