/**
 * What runs containers for the local provider, and under `localstack/` for the cloud stand-ins.
 * A runtime knows no Kubernetes: a TaskSpec goes in, TaskStates come out. It runs init containers in order, then
 * sidecars and main containers; it never restarts anything by itself: `restart` says so. After a failed init
 * container it waits: `restart` of that container goes on with the row, `stop` ends the task.
 */
import type { Duplex } from "node:stream";
import type {
  ContainerKind,
  ContainerRef,
  ContainerResize,
  ExecCommand,
  FilesVolume,
  Late,
  LogRecord,
  LogRequest,
  ProcessStream,
  SecretText,
  TaskFeed,
  TaskIdentity,
  TaskRef,
  TaskState,
  TaskStats,
} from "../../../src/provider.ts";
import type { HookSpec } from "../../hooks/hook-spec.ts";

export interface Runtime {
  readonly kind: "process" | "engine" | "scripted";
  /** Host facts for the node object. */
  facts(): Promise<RuntimeFacts>;
  /** Idempotent: a spec with the identity of a known task returns that task. */
  start(spec: TaskSpec): Promise<TaskState>;
  stop(task: TaskRef, how: { graceSeconds: number; discard: boolean }): Promise<"stopping" | "stopped" | "gone">;
  restart(task: TaskRef, container: string, instance: number): Promise<void>;
  /** Starts more containers, of kind `ephemeral`, in a live task. */
  add?(task: TaskRef, containers: readonly ContainerSpec[]): Promise<void>;
  /** As Provider.update, of volumes of files. */
  update?(task: TaskRef, files: readonly FilesVolume[]): Promise<void>;
  /** As Provider.resize. */
  resize?(task: TaskRef, wanted: readonly ContainerResize[]): Promise<void>;
  /** As Provider.kill. */
  kill(run: ContainerRef, graceSeconds: number): Promise<void>;
  /** As in Provider; a runtime that cannot hold up its row leaves it out. */
  passStartup?(run: ContainerRef): Promise<void>;
  list(): Promise<readonly TaskState[]>;
  /** As Provider.watch. */
  watch(feed: TaskFeed, signal: AbortSignal): Promise<void>;
  logs(source: ContainerRef, want: LogRequest, signal: AbortSignal): AsyncIterable<readonly LogRecord[]>;
  stats(): Promise<readonly TaskStats[]>;
  /** As in Provider; a runtime that has nothing to talk to leaves all three out. */
  exec?(target: ContainerRef, command: ExecCommand, signal: AbortSignal): Promise<ProcessStream>;
  attach?(target: ContainerRef, how: { readonly stdin: boolean }, signal: AbortSignal): Promise<ProcessStream>;
  forward?(task: TaskRef, port: number, signal: AbortSignal): Promise<Duplex>;
  close(): Promise<void>;
}

export interface RuntimeFacts {
  readonly cpu: number;
  readonly memory: number;
  readonly ephemeralStorage: number;
  readonly osImage: string;
  readonly kernelVersion: string;
  /** `process://1`, `docker://4.3.1`. */
  readonly containerRuntime: string;
  readonly architecture: "amd64" | "arm64";
  /** Do tasks get an address of their own? When not, ports are refused with a sentence. */
  readonly taskAddresses: boolean;
  /** Do volumes appear at their mount paths? `undefined` = yes. */
  readonly mounts?: boolean | undefined;
  /** Are limits of CPU and memory enforced? `undefined` = yes. */
  readonly memoryLimits?: boolean | undefined;
}

export interface TaskSpec {
  readonly identity: TaskIdentity;
  /** The launch's idempotency token. */
  readonly token: string;
  readonly podNamespace: string;
  readonly podName: string;
  readonly nodeName: string;
  readonly hostname: string;
  /** The task's full name is `<hostname>.<domain>`, where `hostname` is not that already. */
  readonly domain?: string | undefined;
  readonly hostAliases: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
  /** `undefined`: the host's resolver. */
  readonly dns:
    | {
        readonly nameservers: readonly string[];
        readonly searches: readonly string[];
        readonly options: readonly string[];
      }
    | undefined;
  /** In order of start: init containers and sidecars as in the pod, then main containers. */
  readonly containers: readonly ContainerSpec[];
  readonly volumes: readonly VolumeSpec[];
  /** What images hold, read-only, as volumes. A runtime that cannot mount them leaves them out of its table of fields. */
  readonly imageVolumes?: readonly ImageVolume[] | undefined;
  /** Files and folders of the engine's machine as volumes. */
  readonly hostPaths?: readonly HostPath[] | undefined;
  /** The task has no network of its own, but that of the engine's machine. */
  readonly hostNetwork?: boolean | undefined;
  readonly pullCredentials: readonly {
    readonly registry: string;
    readonly username: string;
    readonly password: string | SecretText | Late;
  }[];
  /** Seconds that a run gets to end when it is replaced while it runs; absent: 30. */
  readonly graceSeconds?: number | undefined;
  /** Group of every file in the task's volumes, and one of every container's groups. */
  readonly fsGroup?: number | undefined;
  /** Kernel parameters of the task's own network and IPC namespaces. */
  readonly sysctls?: readonly { readonly name: string; readonly value: string }[] | undefined;
  /** All containers see each other's processes. */
  readonly sharesProcesses?: boolean | undefined;
}

export interface ContainerSpec {
  readonly name: string;
  readonly kind: ContainerKind;
  readonly image: string;
  readonly imagePullPolicy: "Always" | "IfNotPresent" | "Never";
  readonly command: readonly (string | SecretText | Late)[] | undefined;
  readonly args: readonly (string | SecretText | Late)[] | undefined;
  readonly workingDir: string | undefined;
  readonly env: readonly { readonly name: string; readonly value: string | SecretText | Late }[];
  readonly mounts: readonly {
    readonly volume: string;
    readonly path: string;
    readonly readOnly: boolean;
    readonly subPath?: string | undefined;
  }[];
  /** Cores: its part of the processor when there is not enough for all. */
  readonly cpuRequest?: number | undefined;
  /** Cores; bytes. */
  readonly cpuLimit?: number | undefined;
  readonly memoryLimit?: number | undefined;
  readonly terminationMessagePath: string;
  readonly terminationMessageFallback: boolean;
  /** stdin stays open for those who attach; without it the container reads from an empty one. */
  readonly stdin: boolean;
  /** stdin ends with the first client that attached to it. */
  readonly stdinOnce: boolean;
  /** The container's streams are one terminal. */
  readonly tty: boolean;
  /** The container whose processes this one sees. */
  readonly target?: string | undefined;
  /** Absent: as the image and the runtime have it. */
  readonly security?: SecuritySpec | undefined;
  /** Of a sidecar: what comes after it in the row waits for `passStartup`. */
  readonly startupProbed?: boolean | undefined;
  /** The run counts as running only when this has succeeded; what comes after it in the row waits; a failure ends the run. */
  readonly postStart?: HookSpec | undefined;
  /** Before SIGTERM, within the grace; never when the run ends by itself. */
  readonly preStop?: HookSpec | undefined;
  /** Instead of the image's, which is SIGTERM where it says nothing. */
  readonly stopSignal?: string | undefined;
}

export interface SecuritySpec {
  /** `undefined`: the image's. */
  readonly user: number | undefined;
  readonly group: number | undefined;
  /** Refuse to start as user 0, whoever says so. */
  readonly nonRoot: boolean;
  /** More groups of the process. */
  readonly groups: readonly number[];
  readonly readOnlyRoot: boolean;
  /** Names without CAP_; `ALL` is every one. */
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  readonly privileged: boolean;
  /** No program gains rights that its caller has not. */
  readonly noNewPrivileges: boolean;
  /** No filter of system calls. */
  readonly unconfined: boolean;
  /** Parts of the SELinux label, each as `part:value`; the rest is the engine's. */
  readonly seLinux?: readonly string[];
}

export interface ImageVolume {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy: ContainerSpec["imagePullPolicy"];
}

export interface HostPath {
  readonly name: string;
  readonly path: string;
  /** Make a folder where nothing is. */
  readonly create: boolean;
}

export type VolumeSpec =
  | {
      readonly name: string;
      readonly kind: "emptyDir";
      readonly medium: "disk" | "memory";
      readonly sizeLimit?: number | undefined;
    }
  | {
      readonly name: string;
      readonly kind: "files";
      readonly files: readonly {
        readonly path: string;
        readonly mode: number;
        readonly content: string | SecretText | Late;
        readonly encoding: "utf8" | "base64";
        /** Owner; absent: root. */
        readonly uid?: number | undefined;
      }[];
    };
