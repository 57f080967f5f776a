/** A real control plane and burstlet on it, as one e2e file needs them: everything goes with the file. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { shutdownSupervisor } from "../../../providers/local/runtime/process/process-runtime.ts";
import type { Node, Pod } from "../../../src/model/kube.ts";
import { systemClock } from "../../../src/telemetry/clock.ts";
import { apiReader } from "../api-reader.ts";
import { type Burstlet, burstletIdentity, startBurstlet } from "../../support/burstlet.ts";
import { type ClusterOptions, startCluster, type TestCluster } from "../../support/cluster.ts";
import { eventually } from "../../support/eventually.ts";
import { namespaceAddress } from "../../support/namespace.ts";

export const nodeName = "burst-local";

export interface World {
  readonly cluster: TestCluster;
  /** The burstlet that runs now. */
  readonly burstlet: Burstlet;
  /** Starts another one with the same state, after the former was stopped or killed; with more of an environment. */
  startAgain(env?: Readonly<Record<string, string>>): Burstlet;
  pod(name: string, namespace?: string): Promise<Pod>;
  pods(selector: string, namespace?: string): Promise<Pod[]>;
  /** Default: the first one. */
  node(name?: string): Promise<Node>;
  /** Everything that was recorded about one object, as `reason: message`. */
  eventsOf(name: string): Promise<string[]>;
  /** Resolves when `check` holds for the pod. */
  until(name: string, what: string, check: (pod: Pod) => boolean, withinMs?: number): Promise<Pod>;
  /** Where the process runtime keeps its tasks. */
  readonly stateDir: string;
  stop(): Promise<void>;
}

export interface WorldOptions extends ClusterOptions {
  /** Options of the nodes whose provider is `local`; default the process runtime. */
  readonly local?: object;
  /** More fields of the one node, or nodes instead of it; what they leave out is as the one node has it. */
  readonly node?: object;
  readonly nodes?: readonly object[];
  /** More fields of the configuration's top. */
  readonly configuration?: object;
  /** More of burstlet's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const address = namespaceAddress();
  const cluster = await startCluster({ ...options, bind: address });
  const identity = await burstletIdentity(cluster);
  const stateDir = join(cluster.folder, "tasks");
  mkdirSync(stateDir, { mode: 0o700 });
  const local = options.local ?? { runtime: "process", allowHostProcesses: true, stateDir };
  const usual = { name: nodeName, provider: "local", address, port: 0 };
  const nodes = (options.nodes ?? [options.node])
    .map((node) => ({ ...usual, ...node }))
    .map((node) => ({ ...(node.provider === "local" && { local }), ...node }));
  const logging = { format: "text", verbosity: 4 };
  const config = { logging, ...options.configuration, nodes };
  const start = (env = {}) => startBurstlet(cluster.folder, identity, config, { ...options.env, ...env });
  let burstlet = start();

  const api = apiReader(cluster.kubeconfig);
  const pod = async (name: string, namespace = "default") =>
    api.read<Pod>(`/api/v1/namespaces/${namespace}/pods/${name}`);
  const names = nodes.map(({ name }) => name);
  const node = async (name = names[0]) => api.read<Node>(`/api/v1/nodes/${name}`);
  await eventually(`nodes ${names.join(", ")} are Ready`, async () => {
    const all = await Promise.all(names.map(node));
    return all.every((each) => each.status?.conditions?.some((one) => one.type === "Ready" && one.status === "True"));
  }).catch((error: unknown) => {
    throw new Error(`burstlet did not bring its nodes up:\n${burstlet.log()}`, { cause: error });
  });

  return {
    cluster,
    stateDir,
    get burstlet() {
      return burstlet;
    },
    startAgain: (env) => (burstlet = start(env)),
    pod,
    node: (name) => node(name),
    async pods(selector, namespace = "default") {
      const path = `/api/v1/namespaces/${namespace}/pods`;
      const { items } = await api.read<{ items: Pod[] }>(path, { labelSelector: selector });
      return items;
    },
    async eventsOf(name) {
      const { items } = await api.read<{ items: { reason: string; message: string }[] }>("/api/v1/events", {
        fieldSelector: `involvedObject.name=${name}`,
      });
      return items.map(({ reason, message }) => `${reason}: ${message}`);
    },
    until: (name, what, check, withinMs) =>
      eventually(
        `pod ${name} ${what}`,
        async () => {
          const seen = await pod(name);
          return check(seen) ? seen : undefined;
        },
        withinMs,
      ),
    async stop() {
      await burstlet.stop();
      await endTasks(stateDir);
      await api.close();
      await cluster.stop();
    },
  };
}

/** Tasks outlive burstlet on purpose; at the end of a test file they must not. */
async function endTasks(stateDir: string): Promise<void> {
  await shutdownSupervisor(stateDir, systemClock);
}

/** What puts a pod on a virtual node, in a pod's spec. */
export const onVirtualNode = {
  nodeSelector: { type: "virtual-kubelet" },
  tolerations: [{ key: "virtual-kubelet.io/provider", operator: "Exists" }],
} as const;

export interface PodFixture {
  readonly command?: readonly string[];
  readonly image?: string;
  readonly restartPolicy?: "Always" | "OnFailure" | "Never";
  readonly graceSeconds?: number;
  readonly spec?: object;
  readonly container?: object;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The template of a pod of one container that runs a shell command. */
export function podTemplate(fixture: PodFixture): { metadata: object; spec: object } {
  const { command = ["sleep", "3600"], image = "busybox", restartPolicy, graceSeconds = 2 } = fixture;
  return {
    metadata: { labels: fixture.labels ?? {}, annotations: fixture.annotations ?? {} },
    spec: {
      ...onVirtualNode,
      terminationGracePeriodSeconds: graceSeconds,
      ...(restartPolicy !== undefined && { restartPolicy }),
      containers: [{ name: "main", image, command, ...fixture.container }],
      ...fixture.spec,
    },
  };
}

export function podManifest(name: string, fixture: PodFixture = {}): object {
  const { metadata, spec } = podTemplate(fixture);
  return { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name }, spec };
}

export function deployment(name: string, replicas: number, fixture: PodFixture = {}): object {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template: podTemplate({ ...fixture, labels }) },
  };
}

export const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") === true;

export const hasPhase =
  (phase: string) =>
  (pod: Pod): boolean =>
    pod.status?.phase === phase;

/** Exit code of the first container, now or in its last run. */
export const exitCode = (pod: Pod): number | undefined => {
  const status = pod.status?.containerStatuses?.[0];
  return status?.state?.terminated?.exitCode ?? status?.lastState?.terminated?.exitCode;
};
