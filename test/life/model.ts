/** One virtual node over an API server in memory and a scripted cloud, in virtual time; burstlet can be killed and started. */
import { createScriptedCloud, type ScriptedCloud } from "../../providers/local/runtime/scripted/cloud.ts";
import { createLedger, type LedgerEntry } from "../../providers/local/runtime/scripted/ledger.ts";
import { createScriptedRuntime } from "../../providers/local/runtime/scripted/runtime.ts";
import type { TaskSpec } from "../../providers/local/runtime/runtime.ts";
import { createLanes } from "../../src/limits/lanes.ts";
import { createPodController } from "../../src/pods/controller.ts";
import type { Notices } from "../../src/pods/notices/notices.ts";
import { createLookAtFiles, createPrepare, createPrepareAddition } from "../../src/pods/prepare.ts";
import type { Container } from "../../src/model/kube.ts";
import type { Outcome } from "../../src/probes/probe.ts";
import type { AskProbe } from "../../src/probes/prober.ts";
import type { Pod, Provider, ResolvedPod } from "../../src/provider.ts";
import { type FakeClock, fakeClock } from "../support/fake-clock.ts";
import { type MemoryApi, memoryApi } from "./memory-api.ts";
import { forgetful, patient } from "./forgetting.ts";
import { selfRestarting } from "./self-restarting.ts";

const nodeName = "burst";
const resolveNode = { name: nodeName, allocatable: { cpu: 4, memory: 1e9, ephemeralStorage: 1e9 } };
const clusterUid = "cluster";
const silent: Notices = { refusals: async () => [], fresh: async () => [] };

/** More requests than any life of these tests needs. */
const STORM = 5_000;

export interface Life {
  readonly clock: FakeClock;
  readonly api: MemoryApi;
  readonly cloud: ScriptedCloud;
  /** Every request that reached the cloud. */
  readonly requests: readonly LedgerEntry[];
  /** Starts a burstlet; the one before must have been killed. */
  start(): void;
  /** As SIGKILL: what it remembers is lost. */
  kill(): void;
  /** As SIGTERM: resolves when what ran has ended. */
  stop(): Promise<void>;
  /** Kills it around its nth request from now (to either world): `before` it is sent, or `after` it took effect unseen. */
  killAround(nth: number, when: "before" | "after"): void;
  readonly isRunning: boolean;
}

/**
 * `restarts`: who restarts a container, as the provider declares it. `forgets`: the cloud tells nobody but the process that
 * has launched a task, and launches it again when it is asked again. `waits`: milliseconds for which a launch waits in the provider
 * for its turn.
 */
export function createLife(restarts: Provider["restarts"], { forgets = false, waits = 0 } = {}): Life {
  const clock = fakeClock();
  const ledger = createLedger(clock);
  const cloud = createScriptedCloud({ clock, ledger });
  const api = memoryApi(clock);
  const byItself = restarts === "cloud" ? selfRestarting(cloud, clock) : undefined;
  let running: AbortController | undefined;
  let ended: Promise<void> = Promise.resolve();
  let requested = 0;
  let trap: { left: number; when: "before" | "after" } | undefined;

  const kill = (): void => {
    running?.abort(new Error("killed"));
    running = undefined;
    trap = undefined;
  };
  /** Every request of one run of burstlet goes through here; a killed process sends nothing more and hears nothing. */
  const through =
    (signal: AbortSignal) =>
    async <T>(request: () => Promise<T>): Promise<T> => {
      signal.throwIfAborted();
      // A loop without a pause would never let virtual time end: it must show as a failure instead.
      if (++requested > STORM) {
        api.failed("a storm of requests");
        kill();
      }
      signal.throwIfAborted();
      const sprung = trap !== undefined && --trap.left <= 0 ? trap.when : undefined;
      if (sprung === "before") kill();
      signal.throwIfAborted();
      const answer = await request();
      if (sprung === "after" && running?.signal === signal) kill();
      signal.throwIfAborted();
      return answer;
    };

  return {
    clock,
    api,
    cloud,
    requests: ledger.entries,
    start() {
      running = new AbortController();
      const { signal } = running;
      const request = through(signal);
      const scripted = scriptedProvider(cloud, restarts, request);
      const kept = forgets ? forgetful(scripted) : (byItself?.over(scripted) ?? scripted);
      const provider = waits > 0 ? patient(kept, clock, waits) : kept;
      const pods = api.pods;
      const resolving = { provider, sources: noSources, node: resolveNode, fingerprint: () => "", notices: silent };
      const controller = createPodController({
        nodeName,
        clusterUid,
        node: { hostIP: "10.0.0.1", daemonSetPods: "refuse" },
        cluster: {
          events: api.events,
          pods: {
            ...pods,
            patchStatus: (ref, patch) => request(() => pods.patchStatus(ref, patch)),
            remove: (ref) => request(() => pods.remove(ref)),
          },
        },
        provider,
        prepare: createPrepare(resolving),
        prepareAddition: createPrepareAddition(resolving),
        lookAtFiles: createLookAtFiles(resolving),
        lanes: createLanes({ api: 8, launch: 8, cloud: 8, probe: 8, "exec-probe": 8 }),
        clock,
        log: { debug: () => {}, info: () => {}, warn: () => {}, error: (message) => api.failed(message) },
        random: () => 0.5,
        providerHealth: () => {},
        askProbe: askByScript(clock),
      });
      ended = controller.run(signal);
    },
    kill,
    stop() {
      kill();
      return ended;
    },
    killAround(nth, when) {
      trap = { left: nth, when };
    },
    get isRunning() {
      return running !== undefined;
    },
  };
}

/**
 * What a probe's command finds here: `ok`; `fail`; `broken`, it cannot be run; `hang`, it never ends; `flap N`, it fails
 * and succeeds for N seconds each.
 */
function askByScript(clock: FakeClock): AskProbe {
  return async ({ action }, _target, signal): Promise<Outcome> => {
    const [what = "ok", seconds = "1"] = action.via === "exec" ? action.argv : [];
    const found = (result: Outcome["result"]): Outcome => ({ result, message: what });
    if (what === "broken") return found("error");
    if (what === "hang") await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    const succeeds = what === "flap" ? Math.floor(clock.now() / (Number(seconds) * 1000)) % 2 === 0 : what === "ok";
    return found(succeeds ? "success" : "failure");
  };
}

const noSources = {
  configMap: async () => undefined,
  secret: async () => undefined,
  services: () => [],
  serviceAccountToken: async () => ({ token: "", expiresAt: "" }),
  persistentVolumeClaim: async () => undefined,
  persistentVolume: async () => undefined,
};

/** The scripted runtime as a provider, with any of the three ways to restart. */
function scriptedProvider(
  cloud: ScriptedCloud,
  restarts: Provider["restarts"],
  through: <T>(request: () => Promise<T>) => Promise<T>,
): Provider<TaskSpec> {
  const runtime = createScriptedRuntime({ cloud });
  return {
    name: "scripted",
    restarts,
    memory: Number.POSITIVE_INFINITY,
    support: [],
    translate: (pod) => ({ refusals: [], request: taskSpecOf(pod) }),
    launch: ({ identity, token, request }) => through(() => runtime.start({ ...request, identity, token })),
    stop: (task, how) => through(() => runtime.stop(task, how)),
    list: () => runtime.list(),
    watch: (feed, signal) => runtime.watch(feed, signal),
    capacity: () => Promise.reject(new Error("nobody asks here")),
    ...(restarts === "container" && {
      restart: (task, container, instance) => through(() => runtime.restart(task, container, instance)),
      kill: (run, graceSeconds) => through(() => runtime.kill(run, graceSeconds)),
    }),
  };
}

/** How the end is told of what a killed burstlet has launched in a cloud that forgets. */
function taskSpecOf(pod: ResolvedPod): TaskSpec {
  return {
    identity: { clusterUid, podUid: pod.uid, attempt: 0 },
    token: "",
    podNamespace: pod.namespace,
    podName: pod.name,
    nodeName,
    hostname: pod.hostname,
    hostAliases: [],
    dns: undefined,
    volumes: [],
    pullCredentials: [],
    containers: pod.containers.map((container) => ({
      ...container,
      terminationMessageFallback: false,
      stdin: false,
      stdinOnce: false,
      tty: false,
    })),
  };
}

export type Script = Readonly<Record<string, string>>;

/** The probes of one container, as in its spec. */
export type Probes = Pick<Container, "startupProbe" | "livenessProbe" | "readinessProbe">;

/** A pod bound to the node; each script is the environment of one container, each of `probes` belongs to the main one at its place. */
export function podOf(
  name: string,
  uid: string,
  spec: {
    restartPolicy: "Always" | "OnFailure" | "Never";
    containers: readonly Script[];
    init?: readonly Script[];
    deadline?: number | undefined;
    probes?: readonly Probes[];
  },
): Pod {
  const container = (prefix: string) => (script: Script, index: number) => ({
    name: `${prefix}${index}`,
    image: "scripted/any",
    env: Object.entries(script).map(([key, value]) => ({ name: key, value })),
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid, generation: 1 },
    spec: {
      nodeName,
      restartPolicy: spec.restartPolicy,
      terminationGracePeriodSeconds: 10,
      containers: spec.containers.map((script, index) => {
        return { ...container("main")(script, index), ...spec.probes?.[index] };
      }),
      ...(spec.init !== undefined && spec.init.length > 0 && { initContainers: spec.init.map(container("init")) }),
      ...(spec.deadline !== undefined && { activeDeadlineSeconds: spec.deadline }),
    },
    status: { phase: "Pending" },
  };
}
