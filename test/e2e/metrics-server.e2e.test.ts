import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { metricsServerFolder } from "../run/controlplane.ts";
import type { TestCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { namespaceAddress } from "../support/namespace.ts";
import { describeWith } from "../support/requirements.ts";
import { isReady, nodeName, podManifest, startWorld, type World } from "./world.ts";

const port = 10_443;

describeWith(["go", "namespaces", "root", "busybox"], "metrics-server", () => {
  let world: World;
  let server: MetricsServer | undefined;
  beforeAll(async () => {
    world = await startWorld();
    const command = ["sh", "-c", "while :; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; usleep 20000; done"];
    await world.cluster.apply([podManifest("burner", { command }), podManifest("idle")]);
    await Promise.all(["burner", "idle"].map((name) => world.until(name, "is ready", isReady)));
    server = await startMetricsServer(world.cluster);
  });
  afterAll(async () => {
    server?.process.kill("SIGKILL");
    await world?.stop();
  });

  it("decodes a recorded answer without losing a container", async () => {
    const folder = metricsServerFolder();
    const cwd = join(import.meta.dirname, "../metrics-server");
    const { stdout } = await promisify(execFile)(join(folder, "decode.test"), ["-test.v"], { cwd });
    expect(stdout).toContain("--- PASS: TestDecodesWhatBurstletServes");
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("PASS");
  });

  it("feeds kubectl top with the pods and the node", async () => {
    const rows = async (...words: readonly string[]): Promise<readonly (readonly string[])[]> => {
      const text = await world.cluster.kubectl("top", ...words, "--no-headers");
      return text
        .trim()
        .split("\n")
        .map((line) => line.split(/\s+/));
    };
    const pods = await eventually(
      "kubectl top pods has both",
      async () => {
        const found = await rows("pods").catch(() => []);
        return found.length === 2 ? found : undefined;
      },
      60_000,
    ).catch((error: unknown) => {
      throw new Error(`metrics-server tells nothing:\n${server?.log()}`, { cause: error });
    });
    const [burner, idle] = pods;
    expect([burner?.[0], idle?.[0]]).toEqual(["burner", "idle"]);
    expect(milliCores(burner?.[1])).toBeGreaterThan(50);
    expect(milliCores(idle?.[1])).toBeLessThan(50);
    const [[name, cores] = []] = await rows("nodes", nodeName);
    expect(name).toBe(nodeName);
    expect(milliCores(cores)).toBeGreaterThan(50);
    expect(server?.log()).not.toMatch(/Failed getting complete/);
  });
});

interface MetricsServer {
  readonly process: ChildProcess;
  log(): string;
}

/** metrics-server with its own rights, behind a Service without selector: no pod of the cluster runs it. */
async function startMetricsServer(cluster: TestCluster): Promise<MetricsServer> {
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

/** `123m` or `2`. */
function milliCores(text: string | undefined): number {
  const amount = Number.parseInt(text ?? "", 10);
  return text?.endsWith("m") === true ? amount : amount * 1000;
}
