/**
 * What `resolve` takes and gives. Inside this room, functions that may find something wrong are generators: they
 * yield findings and return their value, so that every finding of a pod is collected and each function stays pure.
 */
import type { Cluster } from "../cluster/cluster.ts";
import type { StorageDriver } from "../model/context/storage.ts";
import type { Service } from "../model/kube.ts";
import type { ResolvedPod } from "../model/resolved-pod.ts";

/** The part of Cluster that resolving needs, and the services of the cluster: call `resolve` once they are synced. */
export interface ResolveSources extends Pick<
  Cluster,
  "configMap" | "secret" | "serviceAccountToken" | "persistentVolumeClaim" | "persistentVolume"
> {
  services(): readonly Service[];
}

/** What a pod may learn about its node. */
export interface ResolveNode {
  readonly name: string;
  /** `undefined` where the cloud decides it for each task: then it is a Late value. */
  readonly hostIP?: string | undefined;
  /** Cores, bytes, bytes: what `resourceFieldRef` reports where the pod sets no limit. */
  readonly allocatable: { readonly cpu: number; readonly memory: number; readonly ephemeralStorage: number };
  /** Addresses of the cluster's DNS; without them ClusterFirst pods use the cloud's resolver. */
  readonly clusterDNS?: readonly string[] | undefined;
  /** As of the provider: without any, claims are not looked at. */
  readonly storage?: Readonly<Record<string, StorageDriver>> | undefined;
  /** Default `cluster.local`. */
  readonly clusterDomain?: string | undefined;
}

export type Resolution =
  | {
      readonly ok: true;
      readonly pod: ResolvedPod;
      readonly warnings: readonly ResolveWarning[];
      /** Milliseconds since 1970: when the first service-account token should be replaced. */
      readonly refreshAt: number | undefined;
    }
  | { readonly ok: false; readonly problems: readonly ResolveProblem[]; readonly warnings: readonly ResolveWarning[] };

export interface ResolveProblem {
  /**
   * `missing`: something outside the pod's immutable fields has to appear or change (an object, a key, an
   * annotation): the pod waits with CreateContainerConfigError. `invalid`: can never be resolved: refused.
   */
  readonly kind: "missing" | "invalid";
  /** `undefined`: the pod as a whole, e.g. one of its volumes. */
  readonly container: string | undefined;
  /** Path of the field, e.g. `spec.containers[0].env[2].valueFrom.secretKeyRef`. */
  readonly path: string;
  /** In the kubelet's words where the kubelet has some. */
  readonly message: string;
  /** The event that virtual-kubelet sends for this, where it has one. */
  readonly reason: ResolveReason | undefined;
  /** The event that a kubelet sends for this. */
  readonly kubeletEvent: { readonly reason: KubeletReason; readonly message: string };
}

export interface ResolveWarning {
  readonly container: string | undefined;
  readonly path: string;
  readonly reason: ResolveReason | "FailedToRetrieveImagePullSecret" | "DNSConfigForming";
  readonly message: string;
}

export type ObjectKind = "ConfigMap" | "Secret";

/** Event reasons that users of virtual-kubelet know. */
export type ResolveReason =
  | `${"Mandatory" | "Optional"}${ObjectKind}${"NotFound" | "KeyNotFound"}`
  | `FailedToRead${"Mandatory" | "Optional"}${ObjectKind}`
  | "InvalidEnvironmentVariableNames";

type KubeletReason = "Failed" | "FailedMount" | "FailedCreatePodSandBox";

/** Which field something is about; `volume` and `container` are names. */
export interface Where {
  readonly path: string;
  readonly container?: string | undefined;
  readonly volume?: string | undefined;
}

export type Finding = { readonly problem: ResolveProblem } | { readonly warning: ResolveWarning };
export type Finds<T> = Generator<Finding, T, undefined>;

export function missing(where: Where, message: string, reason?: ResolveReason): Finding {
  return { problem: problem("missing", where, message, reason) };
}

export function invalid(where: Where, message: string, reason?: ResolveReason): Finding {
  return { problem: problem("invalid", where, message, reason) };
}

export function warning(where: Where, reason: ResolveWarning["reason"], message: string): Finding {
  return { warning: { container: where.container, path: where.path, reason, message } };
}

/** Where in the pod a reference below `where` stands. */
export function below(where: Where, step: string): Where {
  return { ...where, path: `${where.path}${step.startsWith("[") ? "" : "."}${step}` };
}

/** Runs a finder to its end. */
export function collect<T>(finds: Finds<T>): {
  value: T;
  problems: readonly ResolveProblem[];
  warnings: readonly ResolveWarning[];
} {
  const problems: ResolveProblem[] = [];
  const warnings: ResolveWarning[] = [];
  for (;;) {
    const step = finds.next();
    if (step.done === true) return { value: step.value, problems, warnings };
    if ("problem" in step.value) problems.push(step.value.problem);
    else warnings.push(step.value.warning);
  }
}

function problem(
  kind: ResolveProblem["kind"],
  where: Where,
  message: string,
  reason: ResolveReason | undefined,
): ResolveProblem {
  return { kind, container: where.container, path: where.path, message, reason, kubeletEvent: eventOf(where, message) };
}

function eventOf(where: Where, message: string): ResolveProblem["kubeletEvent"] {
  if (where.container !== undefined) return { reason: "Failed", message: `Error: ${message}` };
  if (where.volume !== undefined) {
    return { reason: "FailedMount", message: `MountVolume.SetUp failed for volume "${where.volume}" : ${message}` };
  }
  return { reason: "FailedCreatePodSandBox", message: `Failed to create pod sandbox: ${message}` };
}
