/** metrics-server as a cluster has it: built from its module, registered as an APIService, reading every node's port. */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { metricsServerFolder } from "../../run/controlplane.ts";
import type { TestCluster } from "../cluster.ts";
import { namespaceAddress } from "../namespace.ts";

const port = 10_443;

export interface MetricsServer {
  readonly process: ChildProcess;
  log(): string;
}

/** With its own rights, behind a Service without selector: no pod of the cluster runs it. */
export async function startMetricsServer(cluster: TestCluster): Promise<MetricsServer> {
  const address = namespaceAddress() ?? "";
  await cluster.apply(manifests(address));
  const kubeconfig = await cluster.kubeconfigOf("kube-system", "metrics-server");
  const logFile = join(cluster.folder, "metrics-server.log");
  const args = {
    kubeconfig,
    "authentication-kubeconfig": kubeconfig,
    "authorization-kubeconfig": kubeconfig,
    "bind-address": address,
    "secure-port": port,
    "cert-dir": join(cluster.folder, "metrics-server"),
    "kubelet-insecure-tls": true,
    "kubelet-preferred-address-types": "InternalIP",
    "kubelet-use-node-status-port": true,
    // The least that it takes.
    "metric-resolution": "10s",
    "kubelet-request-timeout": "8s",
    v: 2,
  };
  const words = Object.entries(args).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(join(metricsServerFolder(), "metrics-server"), words, { stdio: ["ignore", "ignore", "pipe"] });
  child.stderr.pipe(createWriteStream(logFile));
  // A test process that dies must not leave it behind.
  const reap = (): void => void child.kill("SIGKILL");
  process.once("exit", reap);
  child.once("exit", () => process.off("exit", reap));
  return { process: child, log: () => readFileSync(logFile, "utf8") };
}

function manifests(address: string): readonly object[] {
  const metadata = { name: "metrics-server", namespace: "kube-system" };
  const subjects = [{ kind: "ServiceAccount", ...metadata }];
  const roleRef = (kind: string, name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind, name });
  const rbac = "rbac.authorization.k8s.io/v1";
  const binding = (name: string, role: string): object => ({
    apiVersion: rbac,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: roleRef("ClusterRole", role),
    subjects,
  });
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    {
      apiVersion: rbac,
      kind: "ClusterRole",
      metadata: { name: "system:metrics-server" },
      rules: [
        { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
        { apiGroups: [""], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] },
      ],
    },
    binding("system:metrics-server", "system:metrics-server"),
    binding("metrics-server:system:auth-delegator", "system:auth-delegator"),
    {
      apiVersion: rbac,
      kind: "RoleBinding",
      metadata: { ...metadata, name: "metrics-server-auth-reader" },
      roleRef: roleRef("Role", "extension-apiserver-authentication-reader"),
      subjects,
    },
    { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ name: "https", port: 443, targetPort: port }] } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": metadata.name } },
      addressType: "IPv4",
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: [{ name: "https", port, protocol: "TCP" }],
    },
    {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1beta1.metrics.k8s.io" },
      spec: {
        service: metadata,
        group: "metrics.k8s.io",
        version: "v1beta1",
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    },
  ];
}
