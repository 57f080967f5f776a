import type { RegisterTaskDefinitionCommandInput, TaskOverride, TaskVolumeConfiguration } from "@aws-sdk/client-ecs";
import type { SecretText } from "../../src/provider.ts";
import type { Market } from "./market.ts";

/**
 * What one pod asks of ECS, in two parts: what all pods of one template share goes into a task definition, registered
 * once (RegisterTaskDefinition has a bucket of 20 + 1/s for a whole account), and what is the pod's own goes into the
 * overrides of RunTask, which may have 8,192 characters.
 */
export interface FargateRequest {
  readonly definition: TaskTemplate;
  /** What the definition refers to by `ref` and must be kept somewhere before it can name it. */
  readonly secrets: readonly StoredSecret[];
  readonly overrides: TaskOverride;
  readonly placement: Placement;
  /** Of volumes that the definition leaves open. */
  readonly volumes: readonly TaskVolumeConfiguration[];
  /** For people and cost reports only: StopTask deletes a task's tags. */
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  /** The agent of ECS Exec runs beside the containers. */
  readonly exec: boolean;
  /** vCPUs of the task's size: what it takes of the account's quota. */
  readonly vcpu: number;
}

/** A secret that the task reads as it starts. Equal contents are one secret, whatever they go by. */
export interface StoredSecret {
  /** What the definition says in its place, in `valueFrom` and `credentialsParameter`: no ARN is known yet. */
  readonly ref: string;
  /** As many bytes as its store takes. */
  readonly content: SecretText;
  /** `login`, of a registry: ECS reads these from Secrets Manager alone. `object`: no secret, and too large for any other place. */
  readonly is?: "login" | "object" | undefined;
}

/** Of the container that fetches an object: which one, by its ref until the launch, then by its ARN. Read back as a mark. */
export const objectVariable = "BURSTLET_OBJECT";

/** Between a `ref` and a key of the JSON that it refers to. */
export const keyMark = "#";

/** A task definition that is named by its own content. */
export interface TaskTemplate {
  /** `bl-<hash of content>`. */
  readonly family: string;
  /** Everything but the family; its containers carry the labels of `labels`. */
  readonly content: Omit<RegisterTaskDefinitionCommandInput, "family">;
}

/** Where a task is asked for: capacity belongs to an availability zone, and that of Spot is kept apart. */
export interface Place {
  readonly market: Market;
  readonly subnet: string;
}

export interface Placement {
  /** In order: the nth try of an attempt takes the nth, from the first again after the last. */
  readonly places: readonly Place[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: boolean;
  readonly platformVersion: string;
}

/**
 * Docker labels of every container definition: how a task tells after a restart of burstlet which container is what.
 * DescribeTasks names containers in no promised order and says nothing of their kind.
 */
export const labels = {
  /** `init`, `sidecar`, `main`, or `helper` for what burstlet has added and no pod knows. */
  kind: "dev.burstlet.kind",
  /** Place in the pod's row of containers, from 0. */
  index: "dev.burstlet.index",
  /** The pod's own name of the container, where ECS does not take it. */
  name: "dev.burstlet.name",
  /** Which probes of the container its health check stands for, e.g. `liveness` or `startup,liveness`. */
  probes: "dev.burstlet.probes",
  /** On the first container: the hash in the family's name, so that a foreign definition of that name is seen. */
  template: "dev.burstlet.template",
} as const;
