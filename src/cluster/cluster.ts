/**
 * All that the node asks of the API server, and nothing more: `deploy/rbac.yaml` lists exactly these verbs.
 * Requests reject with ApiError (an answer) or with the connection's error (no answer); watches never reject.
 */
import type {
  CertificateSigningRequest,
  ConfigMap,
  Lease,
  NetworkPolicy,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Secret,
  Service,
} from "../model/kube.ts";

export interface Cluster {
  /** uid of namespace kube-system. */
  clusterUid(): Promise<string>;
  /** e.g. `{ major: 1, minor: 36, gitVersion: "v1.36.1" }`. */
  version(): Promise<{ major: number; minor: number; gitVersion: string }>;
  /** PEM of the CA that signs client certificates, from kube-system/extension-apiserver-authentication. */
  clientCA(): Promise<string | undefined>;

  readonly pods: PodsApi;
  /** Shows a static pod in the cluster. ApiError 409: it is there already. */
  createMirrorPod(pod: Pod): Promise<Pod>;
  readonly nodes: NodesApi;
  readonly leases: LeasesApi;
  readonly certificateRequests: CertificateRequestsApi;
  readonly events: EventRecorder;

  /**
   * Cached with a jittered TTL of 60 s, single flight; `undefined` when it does not exist. With `newerThan` (RFC 3339:
   * the pod's creationTimestamp) a copy read before that second has passed is read again, as the kubelet does for a
   * new pod: a ConfigMap changed before its pod was created is never seen in its old form.
   */
  configMap(namespace: string, name: string, newerThan?: string): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string, newerThan?: string): Promise<Secret | undefined>;
  /** Read now, single flight. */
  persistentVolumeClaim(namespace: string, name: string): Promise<PersistentVolumeClaim | undefined>;
  /** Cached as ConfigMaps are: where a volume is cannot change. */
  persistentVolume(name: string, newerThan?: string): Promise<PersistentVolume | undefined>;
  /**
   * From now on the pod of this uid refers to these objects and to no others; `changed` when one of them did. Present
   * when the configuration says `Watch`: then each is watched by itself as long as a pod refers to it, and the two
   * functions above answer from that watch.
   */
  readonly holdReferences?: (podUid: string, references: readonly ObjectReference[], changed: () => void) => void;
  /** Of one namespace. Cached for half a minute, single flight; `newerThan` as of `configMap`. */
  networkPolicies(namespace: string, newerThan?: string): Promise<readonly NetworkPolicy[]>;
  /** Feeds all services of the cluster; for service variables. */
  watchServices(sink: WatchSink<Service>, signal: AbortSignal): Promise<void>;
  /** A token of the ServiceAccount bound to this pod's uid. */
  serviceAccountToken(request: TokenRequest): Promise<{ token: string; expiresAt: string }>;

  reviewToken(token: string): Promise<UserInfo | undefined>;
  reviewAccess(user: UserInfo, what: NodeAccess): Promise<{ allowed: boolean; reason: string }>;

  /** Why the API server cannot be used at the moment; `undefined` while it can. Known already, asks nobody. */
  trouble(): string | undefined;
  /** Ends connections. */
  close(): Promise<void>;
}

export interface ObjectReference {
  readonly kind: "ConfigMap" | "Secret";
  readonly namespace: string;
  readonly name: string;
}

/** Names one pod for a write: the uid is a precondition, so that a namesake is never touched. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface PodsApi {
  /** Feeds the pods bound to this node until the signal aborts; reconnects for ever. */
  watch(nodeName: string, sink: WatchSink<Pod>, signal: AbortSignal): Promise<void>;
  get(namespace: string, name: string): Promise<Pod | undefined>;
  /** Strategic merge on pods/status, with the uid inside. `undefined`: no pod with this uid exists any more. */
  patchStatus(pod: PodRef, patch: { metadata?: object; status: object }): Promise<Pod | undefined>;
  /** Removes the object at once (grace 0) with a uid precondition. Already gone is success. */
  remove(pod: PodRef): Promise<void>;
}

export interface NodesApi {
  watch(name: string, sink: WatchSink<Node>, signal: AbortSignal): Promise<void>;
  get(name: string): Promise<Node | undefined>;
  create(node: Node): Promise<Node>;
  /** Strategic merges. `undefined`: the node does not exist. */
  patch(name: string, patch: object): Promise<Node | undefined>;
  patchStatus(name: string, patch: object): Promise<Node | undefined>;
}

export interface LeasesApi {
  /** In namespace kube-node-lease. */
  get(name: string): Promise<Lease | undefined>;
  create(lease: Lease): Promise<Lease>;
  /** PUT with the object's resourceVersion: ApiError 409 when somebody else wrote first. */
  update(lease: Lease): Promise<Lease>;
}

export interface CertificateRequestsApi {
  create(request: CertificateSigningRequest): Promise<CertificateSigningRequest>;
  get(name: string): Promise<CertificateSigningRequest | undefined>;
}

export interface WatchSink<T> {
  /** New or changed. A re-created name arrives as `removed(old)`, then `changed(new)`: the key is the uid. */
  changed(object: T): void;
  removed(object: T): void;
  /** The first full picture has been told. Called once, and once more after each `denied`. */
  synced(): void;
  /** The right to list or watch is missing: what was told grows old. Only where that right is optional. */
  denied?(): void;
}

export interface EventRecorder {
  /** Fire and forget; equal events are aggregated, floods are limited per object. */
  record(event: NewEvent): void;
  /** Resolves when everything recorded so far was sent or given up. */
  flush(): Promise<void>;
}

export interface NewEvent {
  readonly about: {
    readonly kind: "Pod" | "Node";
    readonly namespace?: string;
    readonly name: string;
    readonly uid: string;
    readonly fieldPath?: string;
  };
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** Name of the virtual node: the event's source host. */
  readonly nodeName: string;
}

export interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod: PodRef;
  readonly audience: string | undefined;
  readonly expirationSeconds: number;
}

export interface UserInfo {
  readonly username: string;
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** Attributes of a SubjectAccessReview about one node. */
export interface NodeAccess {
  readonly verb: string;
  readonly nodeName: string;
  readonly subresource: string;
}

/** An answer of the API server that is not success; carries its metav1.Status. */
export class ApiError extends Error {
  readonly status: number;
  /** metav1.Status reason, e.g. `Forbidden`, `Conflict`, `Expired`. */
  readonly reason: string;
  /** Seconds, from Retry-After. */
  readonly retryAfter: number | undefined;
  /** What a 422 objects to, e.g. `metadata.uid`. */
  readonly fields: readonly string[];

  constructor(status: number, reason: string, message: string, retryAfter?: number, fields: readonly string[] = []) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.reason = reason;
    this.retryAfter = retryAfter;
    this.fields = fields;
  }
}
