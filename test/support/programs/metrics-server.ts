/** metrics-server as a cluster has it: built from its module, registered as an APIService, reading every node's port. */
import { spawn } from "node:child_process";
import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestCluster } from "../cluster.ts";
import { eventually } from "../eventually.ts";
import { binaryPath, filePath, type GoProgram } from "./go-program.ts";

const rbac = "manifests/base/rbac.yaml";

export const metricsServer: GoProgram = {
  name: "metrics-server",
  module: "sigs.k8s.io/metrics-server",
  command: "cmd/metrics-server",
  version: "v0.8.0",
  files: [rbac],
};

const port = 4443;
const service = { name: "metrics-server", namespace: "kube-system" };

export interface MetricsServer {
  readonly log: string;
  stop(): Promise<void>;
}

/** With its own manifest's rights, no more. `address`: where it may listen and the API server finds it. */
export async function startMetricsServer(cluster: TestCluster, address: string): Promise<MetricsServer> {
  await cluster.apply(readFileSync(filePath(metricsServer, rbac), "utf8"));
  const identity = await cluster.kubeconfigOf(service.namespace, service.name);
  const log = join(cluster.folder, "metrics-server.log");
  const flags = [
    ...["kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"].map((name) => `--${name}=${identity}`),
    `--bind-address=${address}`,
    `--secure-port=${port}`,
    `--cert-dir=${join(cluster.folder, "metrics-server")}`,
    // As its manifest has them; the certificate of a node is its own, until the cluster signs it.
    "--kubelet-preferred-address-types=InternalIP",
    "--kubelet-use-node-status-port",
    "--metric-resolution=15s",
    "--kubelet-insecure-tls",
  ];
  const child = spawn(binaryPath(metricsServer), flags, { stdio: ["ignore", "ignore", "pipe"] });
  child.stderr.pipe(createWriteStream(log));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const reap = () => child.kill("SIGKILL");
  process.once("exit", reap);
  void ended.then(() => process.off("exit", reap));
  await cluster.apply(registration(address));
  await eventually("metrics.k8s.io is served", async () => {
    const { status } = await cluster.get<{ status?: { conditions?: { type: string; status: string }[] } }>(
      "apiservice",
      "v1beta1.metrics.k8s.io",
    );
    return status?.conditions?.some((one) => one.type === "Available" && one.status === "True");
  }).catch((error: unknown) => {
    throw new Error(`metrics-server:\n${readFileSync(log, "utf8").slice(-2000)}`, { cause: error });
  });
  return {
    log,
    async stop() {
      child.kill("SIGTERM");
      const late = setTimeout(reap, 5_000);
      await ended;
      clearTimeout(late);
    },
  };
}

/** A Service without pods, whose one endpoint is ours: the API server calls extensions by endpoint. */
function registration(address: string): object[] {
  const ports = [{ name: "https", port, protocol: "TCP" }];
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: service,
      spec: { ports: [{ ...ports[0], port: 443, targetPort: port }] },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...service, labels: { "kubernetes.io/service-name": service.name } },
      addressType: "IPv4",
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports,
    },
    {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1beta1.metrics.k8s.io" },
      spec: {
        service,
        group: "metrics.k8s.io",
        version: "v1beta1",
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    },
  ];
}
