import type { Pod } from "./kube.ts";
import type { SecretText, Text } from "./secret-text.ts";
import type { ContainerKind } from "./task-state.ts";

/** The pod after everything Kubernetes-specific is resolved. A provider never talks to the API server. */
export interface ResolvedPod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly nodeName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly serviceAccountName: string;
  readonly hostname: string;
  /** `<subdomain>.<namespace>.svc.<cluster domain>` of a pod with a subdomain: /etc/hosts knows it by that name too. */
  readonly domain?: string | undefined;
  /** Extra lines of /etc/hosts. */
  readonly hostAliases: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
  readonly dns: ResolvedDns;
  readonly restartPolicy: "Always" | "OnFailure" | "Never";
  readonly graceSeconds: number;
  /** Of the pod as a whole, beside those of its containers; absent where it sets none. */
  readonly resources?: ResolvedResources | undefined;
  /** Init containers and sidecars in order, then the main containers. */
  readonly containers: readonly ResolvedContainer[];
  readonly volumes: readonly ResolvedVolume[];
  readonly pullCredentials: readonly PullCredential[];
  /** The pod as the user wrote it, for fields that need no resolution (securityContext, scheduling hints). */
  readonly pod: Pod;
}

export interface ResolvedDns {
  /** `cloud`: whatever resolver the provider's network has. */
  readonly policy: "cloud" | "explicit";
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface ResolvedContainer {
  readonly name: string;
  readonly kind: ContainerKind;
  readonly image: string;
  readonly imagePullPolicy: "Always" | "IfNotPresent" | "Never";
  /** `undefined`: the image's entry point. */
  readonly command: readonly Text[] | undefined;
  /** `undefined`: the image's arguments. */
  readonly args: readonly Text[] | undefined;
  readonly workingDir: string | undefined;
  readonly env: readonly { readonly name: string; readonly value: Text }[];
  readonly mounts: readonly ResolvedMount[];
  readonly ports: readonly { readonly containerPort: number; readonly protocol: "TCP" | "UDP" | "SCTP" }[];
  /** Cores and bytes; `undefined` where the pod sets none. */
  readonly resources: ResolvedResources;
  readonly terminationMessagePath: string;
  readonly terminationMessagePolicy: "File" | "FallbackToLogsOnError";
  readonly stdin: boolean;
  /** stdin ends with the first client that attached to it. */
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  /** Of an ephemeral container: the one whose processes it sees. */
  readonly targetContainer?: string | undefined;
}

export interface ResolvedResources {
  readonly cpuRequest?: number | undefined;
  readonly cpuLimit?: number | undefined;
  readonly memoryRequest?: number | undefined;
  readonly memoryLimit?: number | undefined;
  /** Ephemeral storage. */
  readonly storageRequest?: number | undefined;
  readonly storageLimit?: number | undefined;
}

export interface ResolvedMount {
  readonly volume: string;
  readonly path: string;
  readonly readOnly: boolean;
  readonly subPath?: string | undefined;
}

export type ResolvedVolume =
  | {
      readonly name: string;
      readonly kind: "emptyDir";
      readonly medium: "disk" | "memory";
      /** Bytes. */
      readonly sizeLimit?: number | undefined;
    }
  | FilesVolume
  | StorageVolume;

/** A configMap, secret, downwardAPI or projected volume. */
export interface FilesVolume {
  readonly name: string;
  readonly kind: "files";
  readonly files: readonly ResolvedFile[];
}

/** Storage that outlives the pod: of a PersistentVolumeClaim, or written into the pod. */
export interface StorageVolume {
  readonly name: string;
  readonly kind: "storage";
  /** Name of the CSI driver, also for the older kinds of volumes that one has replaced. Others: `kubernetes.io/nfs`. */
  readonly driver: string;
  /** The driver's own id of it; empty for one that is written into the pod. */
  readonly handle: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly readOnly: boolean;
  readonly mountOptions: readonly string[];
  /** What the Secret that belongs to it holds, by key; empty where none does. */
  readonly secrets: Readonly<Record<string, SecretText>>;
  /** Name of the claim; absent: written into the pod. */
  readonly claim?: string | undefined;
}

/** One file of a configMap, secret, downwardAPI or projected volume. */
export interface ResolvedFile {
  /** Relative to the volume, no `..`. */
  readonly path: string;
  readonly mode: number;
  /** Text, or base64 of bytes that are no text. */
  readonly content: Text;
  readonly encoding: "utf8" | "base64";
  /** Owner; `undefined`: root. Set for a token that only this user may read. */
  readonly uid?: number | undefined;
}

export interface PullCredential {
  /** Registry host with optional port and path, as a docker config key. */
  readonly registry: string;
  readonly username: string;
  readonly password: Text;
}
