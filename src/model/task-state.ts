import type { TaskIdentity } from "./identity.ts";

/** The provider-neutral picture of one task. The core never learns what an ARN means. */
export interface TaskState {
  /** The cloud's id, opaque to the core. */
  readonly id: string;
  /** As read back from the cloud, never from memory. */
  readonly identity: TaskIdentity;
  /** Namespace and name of the pod as written into the cloud at launch; for logs and orphans, never a key. */
  readonly podName: string;
  readonly podNamespace: string;
  /** Name of the virtual node that launched it. */
  readonly nodeName: string;
  /** Rises with every change of this task; a state with a lower version than the known one is stale and dropped. */
  readonly version: number;
  /** `starting`: accepted, no main container ran yet. `stopped`: every container has ended and none will start by itself. */
  readonly phase: "starting" | "running" | "stopping" | "stopped";
  /** Milliseconds since 1970 at which a stopped task ended, where the cloud tells it. */
  readonly endedAt?: number | undefined;
  /** Every container of the task: init containers in order, then the others, as in the pod. */
  readonly containers: readonly ContainerState[];
  /** The task's addresses, primary first; empty when it has none (yet). */
  readonly podIPs: readonly string[];
  readonly hostIP?: string | undefined;
  /**
   * Who runs the probes of this task. `split`: the provider those that are commands, the core what the network answers.
   * `liveness`: the provider all of liveness, whose failure it deals with itself; else as `split`, but nobody asks commands.
   */
  readonly probedBy: "core" | "provider" | "split" | "liveness";
  /** The provider's own words about the task, unchanged: e.g. why it stopped or why it waits. */
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  /**
   * Whether it has run to its end is not known, and nobody can find out: no container of it runs again, whatever the pod's
   * restart policy says. Only with every container ended.
   */
  readonly final?: boolean | undefined;
  /** What the pod's owner must hear beside the status: told once, by an event. */
  readonly warning?: { readonly reason: string; readonly message: string } | undefined;
  /** Set when the cloud took the task away (Spot, retirement): becomes condition DisruptionTarget. */
  readonly disrupted?: boolean | undefined;
  /** Size and price really provisioned, where the provider knows them; written on the pod as annotations. */
  readonly provisioned?: string | undefined;
  readonly hourlyUsd?: number | undefined;
}

export type ContainerKind = "init" | "sidecar" | "main" | "ephemeral";

export interface ContainerState {
  readonly name: string;
  readonly kind: ContainerKind;
  /** The nth run of this container in this task, from 0. Equals restartCount within one task. */
  readonly instance: number;
  readonly image: string;
  readonly imageID?: string | undefined;
  /** `<runtime>://<id>`, as containerID of the pod's status. */
  readonly containerID?: string | undefined;
  readonly state: RunState;
  /** The pull of the image for the present run, told by events. Absent: none was needed, or the provider does not tell. */
  readonly pull?: ImagePull | undefined;
  /** How the previous run ended, when there was one. */
  readonly last?: Terminated | undefined;
  /** Why lifecycle hooks of the present run have failed, in the provider's words; each is told by an event. */
  readonly hookFailures?: { readonly postStart?: string; readonly preStop?: string } | undefined;
  /** What the probes that the provider runs have found of the present run; absent: it runs none of this container. */
  readonly ready?: boolean | undefined;
  readonly started?: boolean | undefined;
  /** The probe of the provider's that asks for the end of the present run; to end it is the core's business. */
  readonly failed?: "startup" | "liveness" | undefined;
}

export interface ImagePull {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Once it has succeeded. A failure is the container's waiting reason. */
  readonly finishedAt?: number | undefined;
  /** Size of the image. */
  readonly bytes?: number | undefined;
}

export type RunState = Waiting | Running | Terminated;

export interface Waiting {
  readonly is: "waiting";
  /** The kubelet's reasons where they fit: ContainerCreating, PodInitializing, ErrImagePull, ImagePullBackOff … */
  readonly reason: string;
  readonly message?: string | undefined;
}

export interface Running {
  readonly is: "running";
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

export interface Terminated {
  readonly is: "terminated";
  /** `undefined` when nobody knows it: then status says ContainerStatusUnknown with 137, never 0. */
  readonly exitCode: number | undefined;
  readonly signal?: number | undefined;
  /** Completed, Error, OOMKilled, ContainerCannotRun, ContainerStatusUnknown … */
  readonly reason: string;
  readonly message?: string | undefined;
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
}
