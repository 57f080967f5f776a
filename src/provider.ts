/**
 * THE CONTRACT between the node and a cloud. A ResolvedPod goes in, a TaskState comes out; nothing else crosses.
 *
 * Every method may be called again after a restart of burstlet, and concurrently for different tasks; the core
 * never calls two methods for one task at once, except the reading ones (logs, stats, exec, attach, forward).
 * Errors are ProviderErrors (anything else counts as `unknown`); `src/pods/plan/on-error.ts` says what each kind does.
 * Optional methods: presence is the capability. A missing one makes the kubelet endpoint answer 501.
 */
import type { Duplex } from "node:stream";
import type { Clock } from "./model/clock.ts";
import type { Grant } from "./model/context/grants.ts";
import type { TaskIdentity } from "./model/identity.ts";
import type { CallLimits, Limiter } from "./model/context/limiter.ts";
import type { Finding } from "./model/context/preflight.ts";
import type { StorageDriver } from "./model/context/storage.ts";
import type { ProviderError } from "./model/provider-error.ts";
import type { Refusal, SupportRow } from "./model/support/refusal.ts";
import type { Pod } from "./model/kube.ts";
import type { FilesVolume, ResolvedPod, ResolvedResources } from "./model/resolved-pod.ts";
import type { ExecCommand, LogRecord, LogRequest, ProcessStream } from "./model/streams.ts";
import type { TaskState } from "./model/task-state.ts";
import type { TaskStats } from "./model/task-stats.ts";

export * from "./model/archive/tar.ts";
export * from "./model/clock.ts";
export * from "./model/context/grants.ts";
export * from "./model/identity.ts";
export * from "./model/context/limiter.ts";
export * from "./model/context/preflight.ts";
export * from "./model/context/squeeze.ts";
export * from "./model/context/storage.ts";
export * from "./model/context/watchers.ts";
export * from "./model/provider-error.ts";
export * from "./model/pull-credentials.ts";
export * from "./model/support/refusal.ts";
export * from "./model/resolved-pod.ts";
export * from "./model/secret-text.ts";
export * from "./model/seen-ends.ts";
export * from "./model/text/static-command.ts";
export * from "./model/streams.ts";
export * from "./model/support/rows.ts";
export * from "./model/support/written.ts";
export * from "./model/task-state.ts";
export * from "./model/task-stats.ts";
export type { Pod } from "./model/kube.ts";

export interface Provider<Request = unknown> {
  /** `local`, `fargate`, `aci`, `lambda`: the value of the node's taint and of `burstlet.dev/backend`. */
  readonly name: string;
  /**
   * Who restarts a container that ended and may run again:
   * `container`: the core decides when, `restart` does it in place; `task`: the core launches a new attempt;
   * `cloud`: the cloud does it by itself and the core only reports.
   */
  readonly restarts: "container" | "task" | "cloud";
  /**
   * Seconds for which the cloud remembers an ended task and its idempotency token. `Infinity`: until `stop` with discard.
   * 0: nobody can know whether a launch that this process has not seen has run, so such a task is never launched again,
   * whatever the pod's restart policy. A translation may say otherwise of its own request.
   */
  readonly memory: number;
  /** How the end of a container is told that nobody can know any more. Absent: `ContainerStatusUnknown`, 137. */
  readonly unknownEnd?: UnknownEnd;
  /** It awaits `Launch.sends` before it sends what the cloud does not remember. Absent: whatever was recorded may have been sent. */
  readonly tellsSends?: boolean;
  readonly support: readonly SupportRow[];
  /** NetworkPolicies hold for its tasks. Absent: they do not, and the node warns about them, or refuses such pods. */
  readonly enforcesNetworkPolicies?: boolean;

  /**
   * By name, the CSI drivers whose volumes a task may have. Absent: none, and nobody looks at the claims of pods. Those of
   * other drivers come to `translate` too, which refuses them.
   */
  readonly storage?: Readonly<Record<string, StorageDriver>>;

  /** Pure. The cloud's request for this pod, or every reason why it cannot run here. Called before each launch. */
  translate(pod: ResolvedPod): Translation<Request>;

  /**
   * Starts the task, or finds it started: idempotent for the same token. Resolves when the cloud has accepted it,
   * with the first picture of it; progress comes by `watch`. `noCapacity` promises that nothing was started. Lifecycle
   * hooks are the provider's: a container runs once its postStart has succeeded, and ends when that fails.
   */
  launch(launch: Launch<Request>, signal: AbortSignal): Promise<TaskState>;

  /**
   * Ends the task: preStop, SIGTERM, grace, SIGKILL as the cloud can. Returns soon; call again until `gone`.
   * `stopped`: every container has ended and the final states are readable. With `discard` (sent once the final
   * states are recorded) what the cloud still keeps, logs included, is removed: then `gone`. A task that never
   * existed is `gone`. A later call with less grace shortens it. `pod`: as the API server has it, for a provider whose
   * cloud knows nothing of hooks; absent when it is gone, and nobody knows its hooks any more.
   */
  stop(
    task: TaskRef,
    how: { graceSeconds: number; discard: boolean },
    pod?: Pod,
  ): Promise<"stopping" | "stopped" | "gone">;

  /** Every task in the cloud that carries this cluster's mark and this node's name, ended ones too while remembered. */
  list(): Promise<readonly TaskState[]>;

  /**
   * Feeds changes until the signal aborts, then resolves; never rejects. First tells every task (as `list`), then
   * `synced`, then changes within the delay the provider's README states. Cloud trouble goes to `feed.health`.
   */
  watch(feed: TaskFeed, signal: AbortSignal): Promise<void>;

  /** What the node may promise. Called at start and every minute. */
  capacity(): Promise<Capacity>;

  /**
   * Credentials, permissions, what must be there in the cloud: every finding with its fix; empty when all is well. Called
   * before the first launch and until it is empty; meanwhile nothing is launched. Rejects when the cloud does not answer.
   */
  preflight?(): Promise<readonly Finding[]>;
  /** Runs instance `instance` of one container again, in place. No-op when that instance exists already. */
  restart?(task: TaskRef, container: string, instance: number): Promise<void>;
  /**
   * Starts the ephemeral containers of this request (`translate` of a pod with nothing but them) in a live task; those
   * that it has are left alone. They see the task's network and files, and the processes of `targetContainer`.
   */
  addContainers?(task: TaskRef, request: Request): Promise<void>;
  /**
   * Ends one run of one container and nothing else: preStop, SIGTERM, grace, SIGKILL. Returns soon; its end, with the true exit
   * code, comes by `watch`. No-op when that run does not run. A later call with less grace shortens it. A provider with
   * `restart` has it; one that restarts by `task` and lacks it has the whole task stopped in its place.
   */
  kill?(run: ContainerRef, graceSeconds: number): Promise<void>;
  /**
   * The startup probe of this run of a sidecar has succeeded: what comes after it in the row may start. A provider that
   * has this holds it up until then. Idempotent.
   */
  passStartup?(run: ContainerRef): Promise<void>;
  /**
   * Gives a live task what this change says. Who reads a file finds it as it was or as it is now, never half of it or
   * none; what is mounted by subPath stays as it was. Containers that start later find the new files only. Idempotent;
   * rejects with `notFound` for a task that does not exist, with `invalid` for a volume that it has not.
   */
  update?(task: TaskRef, change: TaskChange, signal: AbortSignal): Promise<void>;
  /**
   * Gives containers of a live task other resources in place: their present runs without a restart, and those to come.
   * Idempotent. Rejects when it is not done for all of them, with `conflict` for memory that is in use. A provider that
   * has this has `restart`.
   */
  resize?(task: TaskRef, wanted: readonly ContainerResize[], signal: AbortSignal): Promise<void>;
  /** Records of one run of one container, oldest first, in batches. */
  logs?(source: ContainerRef, want: LogRequest, signal: AbortSignal): AsyncIterable<readonly LogRecord[]>;
  /** Runs a command in a running container. The signal kills it; so does destroying the stream's stdin. */
  exec?(target: ContainerRef, command: ExecCommand, signal: AbortSignal): Promise<ProcessStream>;
  /** The container's own streams, from now on. The signal detaches and ends nothing. `exit`: the run has ended. */
  attach?(target: ContainerRef, how: { readonly stdin: boolean }, signal: AbortSignal): Promise<ProcessStream>;
  /** One connection into the task's network, half-closed by `end()`. Rejects when nothing listens there. */
  forward?(task: TaskRef, port: number, signal: AbortSignal): Promise<Duplex>;
  /** Why it lacks one of these, or what brings it: said in the answer 501. */
  readonly absent?: { readonly [capability in "exec" | "attach" | "forward" | "stats"]?: string };
  stats?(): Promise<readonly TaskStats[]>;
  /** Closes what the provider holds open. Never touches a task. */
  close?(): Promise<void>;
}

export type Translation<Request> =
  | { readonly refusals: readonly Refusal[]; readonly request?: undefined }
  | {
      readonly refusals: readonly [];
      readonly request: Request;
      readonly provisioned?: string | undefined;
      readonly hourlyUsd?: number | undefined;
      /** As `Provider.memory`, of this request; part of the write-ahead record. Absent: the provider's. */
      readonly memory?: number | undefined;
      /**
       * Of the provider's own, part of the write-ahead record, no secret: where to look for this launch although nothing else
       * is recorded of it. A task with it is expected (`TaskFeed.expected`) also where the cloud has no memory.
       */
      readonly trail?: string | undefined;
    };

export interface Launch<Request> {
  readonly identity: TaskIdentity;
  readonly token: string;
  /** From 1; rises with each definite "nothing started" of this attempt, so that it may choose the next place. */
  readonly tryNumber: number;
  readonly request: Request;
  /**
   * Of a provider that `tellsSends`: awaited right before the cloud is asked for what it does not remember, and with `false` once it
   * is certain that nothing has come of it. So a later burstlet knows of what still waited that it was never sent. Rejects
   * when that cannot be recorded: then nothing may be sent. May be called long after `launch` has resolved.
   */
  readonly sends?: ((isSent: boolean) => Promise<void>) | undefined;
}

/** Of a task that cannot be asked for. The exit code is never 0. */
export interface UnknownEnd {
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
}

/** Names one task: by identity always, by the cloud's id where it is known. */
export interface TaskRef {
  readonly identity: TaskIdentity;
  readonly id?: string | undefined;
}

/** What a live task is to have from now on; what is left out stays. */
export interface TaskChange {
  /** Volumes of kind `files` that the task was launched with, each with all of its files. */
  readonly files?: readonly FilesVolume[] | undefined;
}

/** All of a container's resources from now on. */
export interface ContainerResize extends ResolvedResources {
  readonly container: string;
  /** Not for the present run: it is about to be replaced. */
  readonly later?: boolean;
}

export interface ContainerRef {
  readonly task: TaskRef;
  readonly container: string;
  readonly instance: number;
}

export interface TaskFeed {
  /** The present picture of a task, new or changed. Cheap to call with an unchanged one. */
  task(state: TaskState): void;
  /** The cloud no longer knows this task. */
  gone(identity: TaskIdentity): void;
  /** Every existing task has been told once. */
  synced(): void;
  /** Trouble with the cloud as a whole, or `undefined` when it is over. */
  health(trouble: ProviderError | undefined): void;
  /**
   * Tasks that pods of this node have records of, and of which no end is recorded; without those whose launch the cloud
   * remembers for no time and left no trail. Resolves when every pod is known. For a cloud that keeps too many ended tasks to tell all of
   * them, or none of the names.
   */
  expected?(): Promise<readonly ExpectedTask[]>;
}

/** A task as the pod that it was launched for tells of it. */
export interface ExpectedTask extends TaskRef {
  readonly podName: string;
  readonly podNamespace: string;
  readonly containers: readonly { readonly name: string; readonly image: string }[];
  /** As its translation said. */
  readonly trail?: string | undefined;
  /** When the record was written, milliseconds since 1970: it was launched then or later. */
  readonly recordedAt?: number | undefined;
  /** When it may have been sent (`Launch.sends`), to the second; absent where nobody has told. */
  readonly sentAt?: number | undefined;
}

export interface Capacity {
  /** Cores, bytes, bytes, pods. */
  readonly cpu: number;
  readonly memory: number;
  readonly ephemeralStorage: number;
  readonly pods: number;
  /** For `kubectl get nodes -o wide` and labels: what runs the pods. */
  readonly osImage: string;
  readonly kernelVersion: string;
  readonly containerRuntime: string;
  readonly architecture: "amd64" | "arm64";
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** What a provider is given; it imports nothing else of `src/`. */
export interface ProviderContext {
  readonly clusterUid: string;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Log;
  /** `routed`: this process reaches the tasks' addresses, so that the core can probe them. */
  readonly network: "routed" | "none";
  /** What pods may name by annotation. */
  readonly grants: readonly Grant[];
  /** A bucket for one family of the cloud's API calls, from its published or measured limits. */
  limiter(limits: CallLimits): Limiter;
}

/** Constant messages, everything variable in `fields`. */
export interface Log {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}
