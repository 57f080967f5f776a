/** Which runs of a pod's containers are probed, and what is told of the answers: events, and numbers for the metrics. */
import type { Lanes } from "../limits/lanes.ts";
import { parseTime } from "../model/clock.ts";
import type { Container, Pod } from "../model/kube.ts";
import { staticCommand } from "../model/text/static-command.ts";
import type { ContainerState, TaskState } from "../model/task-state.ts";
import type { Health } from "../probes/health.ts";
import { type Probe, probesOf } from "../probes/probe.ts";
import type { AskProbe } from "../probes/prober.ts";
import { type Answer, createProbes, type ProbedRun, type ProbeLane } from "../probes/probes.ts";
import type { Clock } from "../provider.ts";
import { isTerminal } from "../status/phase.ts";
import type { PodMeter } from "./meter.ts";
import { recordOf } from "./plan/world.ts";
import type { PodEvent } from "./pod-events.ts";
import type { PodStore } from "./stores.ts";

export interface Probing {
  /** Brings the probes of this pod up to what is known of it, and tells what they have found. */
  look(uid: string, pod: Pod | undefined, tasks: readonly TaskState[]): ReadonlyMap<string, Health>;
  close(): void;
}

export interface ProbingOptions {
  readonly ask: AskProbe;
  readonly lanes: Pick<Lanes<ProbeLane>, "run">;
  readonly pods: Pick<PodStore, "get">;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly meter: PodMeter;
  readonly tell: (pod: Pod, event: PodEvent) => void;
  /** Has the pod of this uid looked at soon. */
  readonly changed: (uid: string) => void;
}

const none: ReadonlyMap<string, Health> = new Map();

export function createProbing(options: ProbingOptions): Probing {
  const { pods, meter, tell } = options;
  /** Pods that had probed runs: most pods have none, and cost nothing. */
  const probed = new Set<string>();
  const probes = createProbes({ ...options, answered });

  function answered(answer: Answer): void {
    const pod = pods.get(answer.podUid);
    if (pod === undefined) return;
    meter.probed(pod, answer);
    const event = eventOf(answer);
    if (event !== undefined) tell(pod, event);
  }

  return {
    look(uid, pod, tasks) {
      const over = pod === undefined || isTerminal(pod.status?.phase);
      const runs = over ? [] : runsOf(pod, tasks);
      if (runs.length > 0) probed.add(uid);
      else if (!probed.has(uid)) return none;
      probes.watch(uid, runs);
      // Between two runs its numbers stay.
      if (over && probed.delete(uid)) meter.unprobed(uid);
      return probes.healthOf(uid);
    },
    close: probes.close,
  };
}

/** The kubelet's words (pkg/kubelet/prober/prober.go). A success is no event. */
function eventOf({ container, probe: { kind }, outcome: { result, message } }: Answer): PodEvent | undefined {
  const probe = `${kind.charAt(0).toUpperCase()}${kind.slice(1)} probe`;
  switch (result) {
    case "success":
      return undefined;
    case "warning":
      return { type: "Warning", reason: "ProbeWarning", message: `${probe} warning: ${message}`, container };
    case "failure":
      return { type: "Warning", reason: "Unhealthy", message: `${probe} failed: ${message}`, container };
    case "error": {
      const words = `${probe} errored and resulted in unknown state: ${message}`;
      return { type: "Warning", reason: "Unhealthy", message: words, container };
    }
  }
}

/** Every running container of the present task that has probes, but for those that its provider runs. */
export function runsOf(pod: Pod, tasks: readonly TaskState[]): ProbedRun[] {
  const specs = probedContainers(pod);
  if (specs.length === 0) return [];
  const attempt = recordOf(pod)?.attempt ?? Math.max(...tasks.map(({ identity }) => identity.attempt));
  const task = tasks.find(({ identity, probedBy }) => identity.attempt === attempt && probedBy !== "provider");
  if (task === undefined) return [];
  return specs.flatMap((spec) => {
    const seen = task.containers.find(({ name }) => name === spec.name);
    if (seen?.state.is !== "running") return [];
    const probes = probesOf(spec, (command) => staticCommand(command, spec)).filter((probe) =>
      isOurs(probe, task.probedBy),
    );
    if (probes.length === 0) return [];
    return {
      run: { task: { identity: task.identity, id: task.id }, container: spec.name, instance: seen.instance },
      address: task.podIPs[0],
      probes,
      startedAt: seen.state.startedAt,
      told: toldOf(pod, seen, seen.state.startedAt),
      ending: pod.metadata?.deletionTimestamp !== undefined || task.phase === "stopping",
    };
  });
}

function isOurs({ kind, action }: Probe, probedBy: TaskState["probedBy"]): boolean {
  switch (probedBy) {
    case "core":
      return true;
    case "provider":
      return false;
    case "split":
      return action.via !== "exec";
    case "liveness":
      return kind !== "liveness" && action.via !== "exec";
  }
}

/** Init containers that end have no probes, sidecars have. */
function probedContainers({ spec }: Pod): Container[] {
  const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return all.filter((one) => one.startupProbe ?? one.livenessProbe ?? one.readinessProbe);
}

/** What the API server shows of this very run. */
function toldOf(pod: Pod, seen: ContainerState, startedAt: number): ProbedRun["told"] {
  const all = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  const status = all.find(({ name }) => name === seen.name);
  const since = parseTime(status?.state?.running?.startedAt);
  const same = since === Math.floor(startedAt / 1000) * 1000 && status?.containerID === seen.containerID;
  return status !== undefined && same ? { started: status.started ?? true, ready: status.ready } : undefined;
}
