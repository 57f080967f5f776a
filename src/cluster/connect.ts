import type { ConfigMap, PersistentVolume, PersistentVolumeClaim, Secret } from "../model/kube.ts";
import type { Clock, Log } from "../provider.ts";
import type { Cluster } from "./cluster.ts";
import { createEventRecorder } from "./events/recorder.ts";
import { createCertificateRequests, createLeases, createNodes, createPods } from "./objects.ts";
import { createNetworkPolicies } from "./network-policies.ts";
import { createReferences } from "./references.ts";
import { watchReferences } from "./watched-references.ts";
import { calls } from "./rest/calls.ts";
import { createHealth } from "./rest/health.ts";
import { openCredentials } from "./rest/kubeconfig.ts";
import type { RequestSeen } from "./rest/measure.ts";
import { createRest } from "./rest/rest.ts";
import { createTransport } from "./rest/transport.ts";
import { clientCA, reviewAccess, reviewToken, serviceAccountToken } from "./reviews.ts";
import { listWatch } from "./watch/list-watch.ts";

export interface ConnectOptions {
  /** Default: KUBECONFIG, else the pod's ServiceAccount, else ~/.kube/config. */
  readonly kubeconfig?: string | undefined;
  /** Default: the kubeconfig's current context. */
  readonly context?: string | undefined;
  /** e.g. `burstlet/0.1.0 (linux/amd64)` */
  readonly userAgent: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Connections for requests; each watch has one more of its own. @default 32 */
  readonly connections?: number | undefined;
  /** How long one request may take before it counts as unanswered, milliseconds. @default 30000 */
  readonly patienceMs?: number | undefined;
  /** How changes of ConfigMaps and Secrets are noticed. @default "Cache" */
  readonly changeDetection?: "Cache" | "Watch" | undefined;
  /** Told of each request, for metrics. `host`: of the API server, with its port. */
  readonly seen?: ((request: RequestSeen, host: string) => void) | undefined;
  /** 0 ≤ x < 1; spreads waits. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** Rejects when there is no usable kubeconfig. Does not wait for the API server: it may be away for a while. */
export async function connectCluster(options: ConnectOptions): Promise<Cluster> {
  const { clock, log, userAgent, connections = 32, patienceMs = 30_000, random = Math.random } = options;
  const credentials = openCredentials(options);
  const { server } = await credentials.read();
  const transport = createTransport({ credentials, clock, userAgent, connections });
  const health = createHealth(server, clock, log);
  const { host } = new URL(server);
  const seen = (request: RequestSeen): void => options.seen?.(request, host);
  const rest = createRest({ transport, health, clock, log, patienceMs, seen });
  const watching = { rest, clock, log, random };
  const configMaps = createReferences<ConfigMap>(calls.getConfigMap, rest, clock, random);
  const secrets = createReferences<Secret>(calls.getSecret, rest, clock, random);
  const claims = createReferences<PersistentVolumeClaim>(calls.getClaim, rest, clock, random);
  const volumes = createReferences<PersistentVolume>(calls.getVolume, rest, clock, random);
  const watched = options.changeDetection === "Watch" ? watchReferences(configMaps, secrets, watching) : undefined;

  return {
    async clusterUid() {
      const namespace = await rest.send<{ metadata?: { uid?: string } }>(calls.getKubeSystem, {
        name: calls.getKubeSystem.only,
      });
      if (namespace.metadata?.uid === undefined) throw new Error("Namespace kube-system has no uid.");
      return namespace.metadata.uid;
    },
    async version() {
      const { major, minor, gitVersion } =
        await rest.getPath<Record<"major" | "minor" | "gitVersion", string>>("/version");
      // Some providers write "36+".
      return { major: Number.parseInt(major, 10), minor: Number.parseInt(minor, 10), gitVersion };
    },
    clientCA: () => clientCA(rest),
    pods: createPods(rest, watching),
    createMirrorPod: (pod) => rest.send(calls.createPod, { namespace: pod.metadata?.namespace, body: pod }),
    nodes: createNodes(rest, watching),
    leases: createLeases(rest),
    certificateRequests: createCertificateRequests(rest),
    events: createEventRecorder(watching),
    configMap: configMaps.get,
    secret: secrets.get,
    ...watched?.api,
    persistentVolumeClaim: claims.fresh,
    persistentVolume: (name, newerThan) => volumes.get("", name, newerThan),
    networkPolicies: createNetworkPolicies(rest, clock),
    watchServices: (sink, signal) =>
      listWatch({ list: calls.listServices, watch: calls.watchServices }, sink, signal, watching),
    serviceAccountToken: (request) => serviceAccountToken(rest, request),
    reviewToken: (token) => reviewToken(rest, token),
    reviewAccess: (user, what) => reviewAccess(rest, user, what),
    trouble: health.trouble,
    close() {
      watched?.close();
      return transport.close();
    },
  };
}
