/**
 * Every request that burstlet makes, one row each. `rest.ts` sends nothing that is not a row here, and a test
 * compares the rows with `deploy/rbac.yaml`, so neither can change alone.
 */
export interface Call {
  readonly verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";
  /** "" is the core group. All versions are v1. */
  readonly group: string;
  /** With its subresource: `pods/status`. */
  readonly resource: string;
  readonly scope: "cluster" | "namespaced";
  /** The right is granted in this namespace only. */
  readonly within?: string;
  /** The right is granted for the object of this name only. */
  readonly only?: string;
  /** What stops working without the right. */
  readonly feature: string;
  /** The document that grants it, where that is not `deploy/rbac.yaml`: only a configuration that asks for it needs it. */
  readonly document?: string;
}

const core = "";
const node = { group: core, resource: "nodes", scope: "cluster" } as const;
const pod = { group: core, resource: "pods", scope: "namespaced" } as const;
const service = { group: core, resource: "services", scope: "namespaced" } as const;
const watched = {
  group: core,
  scope: "namespaced",
  feature: "watching what pods refer to; it is read once a minute instead",
  document: "deploy/rbac-watch-references.yaml",
} as const;
const claimed = {
  group: core,
  verb: "get",
  feature: "pods with a PersistentVolumeClaim, where the provider mounts any",
  document: "deploy/rbac-volumes.yaml",
} as const;
const lease = {
  group: "coordination.k8s.io",
  resource: "leases",
  scope: "namespaced",
  within: "kube-node-lease",
  feature: "the node's heartbeat",
} as const;
const certificateRequest = {
  group: "certificates.k8s.io",
  resource: "certificatesigningrequests",
  scope: "cluster",
  document: "deploy/rbac-serving-certificate.yaml",
  feature: "a serving certificate from the cluster",
} as const;

export const calls = {
  getNode: { ...node, verb: "get", feature: "registering the node" },
  listNodes: { ...node, verb: "list", feature: "noticing changes of the node" },
  watchNodes: { ...node, verb: "watch", feature: "noticing changes of the node" },
  createNode: { ...node, verb: "create", feature: "registering the node" },
  patchNode: { ...node, verb: "patch", feature: "labels and taints of the node" },
  patchNodeStatus: { ...node, resource: "nodes/status", verb: "patch", feature: "status of the node" },
  getLease: { ...lease, verb: "get" },
  createLease: { ...lease, verb: "create" },
  updateLease: { ...lease, verb: "update" },
  createCertificateRequest: { ...certificateRequest, verb: "create" },
  getCertificateRequest: { ...certificateRequest, verb: "get" },
  getPod: { ...pod, verb: "get", feature: "reading a pod afresh" },
  listPods: { ...pod, verb: "list", feature: "finding the pods of the node" },
  watchPods: { ...pod, verb: "watch", feature: "finding the pods of the node" },
  deletePod: { ...pod, verb: "delete", feature: "completing the deletion of a pod" },
  patchPodStatus: { ...pod, resource: "pods/status", verb: "patch", feature: "status of pods" },
  createPod: { ...pod, verb: "create", feature: "mirrors of static pods", document: "deploy/rbac-static-pods.yaml" },
  createEvent: { group: core, resource: "events", scope: "namespaced", verb: "create", feature: "events" },
  patchEvent: { group: core, resource: "events", scope: "namespaced", verb: "patch", feature: "repeated events" },
  getConfigMap: {
    group: core,
    resource: "configmaps",
    scope: "namespaced",
    verb: "get",
    feature: "pods with a ConfigMap",
  },
  getSecret: { group: core, resource: "secrets", scope: "namespaced", verb: "get", feature: "pods with a Secret" },
  getClaim: { ...claimed, resource: "persistentvolumeclaims", scope: "namespaced" },
  getVolume: { ...claimed, resource: "persistentvolumes", scope: "cluster" },
  listConfigMaps: { ...watched, resource: "configmaps", verb: "list" },
  watchConfigMaps: { ...watched, resource: "configmaps", verb: "watch" },
  listSecrets: { ...watched, resource: "secrets", verb: "list" },
  watchSecrets: { ...watched, resource: "secrets", verb: "watch" },
  createToken: {
    group: core,
    resource: "serviceaccounts/token",
    scope: "namespaced",
    verb: "create",
    feature: "service account tokens of pods",
  },
  listServices: { ...service, verb: "list", feature: "service variables of pods" },
  watchServices: { ...service, verb: "watch", feature: "service variables of pods" },
  listNetworkPolicies: {
    group: "networking.k8s.io",
    resource: "networkpolicies",
    scope: "namespaced",
    verb: "list",
    feature: "telling pods that a NetworkPolicy is not enforced for them",
  },
  getKubeSystem: {
    group: core,
    resource: "namespaces",
    scope: "cluster",
    verb: "get",
    only: "kube-system",
    feature: "the cluster's identity in clouds",
  },
  getClientCA: {
    group: core,
    resource: "configmaps",
    scope: "namespaced",
    verb: "get",
    within: "kube-system",
    only: "extension-apiserver-authentication",
    feature: "client certificates at the kubelet port",
  },
  reviewToken: {
    group: "authentication.k8s.io",
    resource: "tokenreviews",
    scope: "cluster",
    verb: "create",
    feature: "bearer tokens at the kubelet port",
  },
  reviewAccess: {
    group: "authorization.k8s.io",
    resource: "subjectaccessreviews",
    scope: "cluster",
    verb: "create",
    feature: "authorisation at the kubelet port",
  },
} as const satisfies Record<string, Call>;

/** Names the object of one request; without a name it is the collection, without a namespace all namespaces. */
export interface Target {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** `/api/v1/namespaces/default/pods/web/status` */
export function pathOf(call: Call, target: Target): string {
  const [resource, subresource] = call.resource.split("/");
  const root = call.group === "" ? "/api/v1" : `/apis/${call.group}/v1`;
  const namespace = target.namespace === undefined ? "" : `/namespaces/${encodeURIComponent(target.namespace)}`;
  const name = target.name === undefined ? "" : `/${encodeURIComponent(target.name)}`;
  return `${root}${namespace}/${resource}${name}${subresource === undefined ? "" : `/${subresource}`}`;
}
