/** pod, task, what the node says about it, now → PodStatus. Pure; the only place that composes a status. */
import { rfc3339 } from "../model/clock.ts";
import type { ContainerStatus, Pod, PodStatus } from "../model/kube.ts";
import type { TaskState } from "../model/task-state.ts";
import { conditionsOf } from "./conditions.ts";
import { containerStatus } from "./containers.ts";
import { ephemeralStatuses, type EphemeralTroubles } from "./ephemeral.ts";
import { restartPolicyOf } from "./may-run-again.ts";
import { isTerminal, type Phase, phaseOf } from "./phase.ts";
import { type Resizing, resizeVerdict, withResources } from "./resize.ts";

/** What the node itself has to say about a pod, beside what its task shows. */
export interface Story {
  /** Words for containers that are not launched yet; default ContainerCreating / PodInitializing. */
  readonly waiting?: { readonly reason: string; readonly message: string } | undefined;
  /** The pod cannot run here. `final`: it ends as Failed. */
  readonly refused?: { readonly reason: string; readonly message: string; readonly final: boolean } | undefined;
  /** The node ended the pod: phase Failed once every container has ended, with these words. */
  readonly ended?: { readonly reason: string; readonly message: string } | undefined;
  /** Nothing of this pod runs again: the exit codes decide the phase once every container has ended. */
  readonly closing?: boolean | undefined;
  /** Milliseconds that lie between the end and the next run, by container that waits for one. */
  readonly backOffs?: ReadonlyMap<string, number> | undefined;
  readonly earlierRestarts?: Readonly<Record<string, number>> | undefined;
}

export interface StatusInput {
  readonly pod: Pod;
  readonly task: TaskState | undefined;
  readonly story: Story;
  /** Address of the node, for hostIP where the task names none. */
  readonly hostIP: string | undefined;
  /** What holds up ephemeral containers, by name; absent where the provider adds none. */
  readonly ephemeral?: EphemeralTroubles | undefined;
  /** Absent where the provider gives a live task no other resources. */
  readonly resizing?: Resizing | undefined;
  readonly now: number;
}

/** Everything of the status that is ours; what belongs to others (readiness gates, qosClass …) is left out. */
export function podStatus(input: StatusInput): PodStatus {
  const { pod, task, story, now } = input;
  const init = statuses("init", input);
  const main = statuses("main", input);
  const phase = phaseToTell(input, init, main);
  const ephemeral = ephemeralStatuses({ pod, task, troubles: input.ephemeral, messageBytes: messageBytesOf(pod), now });
  const hostIP = task?.hostIP ?? input.hostIP;
  const disrupted = task?.disrupted === true ? disruption(task) : undefined;
  return {
    phase,
    conditions: conditionsOf({
      pod,
      phase,
      init,
      main,
      sandboxReady: !isTerminal(phase) && task !== undefined && task.phase !== "stopped" && sandboxSeen(task),
      disrupted,
      refused: story.refused,
      resize: task === undefined ? undefined : resizeVerdict(pod, [...init, ...main], input.resizing),
      now,
    }),
    ...wordsOf(input, phase),
    startTime: pod.status?.startTime ?? rfc3339(now),
    ...(hostIP !== undefined && { hostIP, hostIPs: [{ ip: hostIP }] }),
    ...addresses(task),
    ...(init.length > 0 && { initContainerStatuses: init }),
    containerStatuses: main,
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
    ...(pod.metadata?.generation !== undefined && { observedGeneration: pod.metadata.generation }),
  };
}

function statuses(of: "init" | "main", { pod, task, story, resizing }: StatusInput): ContainerStatus[] {
  const specs = (of === "init" ? pod.spec?.initContainers : pod.spec?.containers) ?? [];
  const previous = (of === "init" ? pod.status?.initContainerStatuses : pod.status?.containerStatuses) ?? [];
  const firstWait = (pod.spec?.initContainers ?? []).length > 0 ? "PodInitializing" : "ContainerCreating";
  return specs.map((spec) => {
    const before = previous.find((status) => status.name === spec.name);
    const seen = task?.containers.find((container) => container.name === spec.name);
    const status = containerStatus(spec, seen, before, {
      kind: of === "main" ? "main" : spec.restartPolicy === "Always" ? "sidecar" : "init",
      ...restartPolicyOf(pod.spec, spec.name),
      earlierRestarts: story.earlierRestarts?.[spec.name] ?? 0,
      backOffMs: story.backOffs?.get(spec.name),
      waiting: story.refused ?? story.ended ?? story.waiting ?? { reason: firstWait },
      firstWait,
      messageBytes: messageBytesOf(pod),
      podName: `${pod.metadata?.name}_${pod.metadata?.namespace}(${pod.metadata?.uid})`,
    });
    return withResources(status, spec, before, {
      launched: seen !== undefined,
      given: resizing?.given.get(spec.name),
    });
  });
}

/** The kubelet's (MaxPodTerminationMessageLogLength), shared evenly by all containers (status manager, normalizeStatus). */
const messageBytesOfPod = 12_288;

function messageBytesOf({ spec }: Pod): number {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = spec ?? {};
  const count = containers.length + initContainers.length + ephemeralContainers.length;
  return Math.floor(messageBytesOfPod / Math.max(1, count));
}

/** An end is told once nothing runs any more: whoever sees it may take what the pod held. It is never taken back. */
function phaseToTell({ pod, story }: StatusInput, init: ContainerStatus[], main: ContainerStatus[]): Phase {
  const before = pod.status?.phase;
  if (isTerminal(before)) return before;
  const phase = pod.spec === undefined ? "Pending" : phaseOf(pod.spec, { init, main }, before);
  if ([...init, ...main].some(runs)) {
    if (!isTerminal(phase)) return phase;
    return before === "Running" || main.some(runs) ? "Running" : "Pending";
  }
  if (story.refused?.final === true || story.ended !== undefined) return "Failed";
  if (story.closing !== true) return phase;
  return main.every((status) => status.state?.terminated?.exitCode === 0) ? "Succeeded" : "Failed";
}

function runs(status: ContainerStatus): boolean {
  return status.state?.running !== undefined;
}

/** Words belong to the phase that they explain: others' stay as long as the phase does. */
function wordsOf({ pod, story }: StatusInput, phase: Phase): Pick<PodStatus, "reason" | "message"> {
  const own = phase === "Failed" ? (story.refused ?? story.ended) : undefined;
  const { reason, message } = own ?? (phase === pod.status?.phase ? pod.status : {});
  return { ...(reason !== undefined && { reason }), ...(message !== undefined && { message }) };
}

function disruption(task: TaskState): { reason: string; message: string } {
  return { reason: task.reason ?? "TerminationByProvider", message: task.message ?? "the provider took the task away" };
}

function sandboxSeen(task: TaskState): boolean {
  return task.podIPs.length > 0 || task.containers.some((container) => container.state.is !== "waiting");
}

function addresses(task: TaskState | undefined): Pick<PodStatus, "podIP" | "podIPs"> {
  const [first] = task?.podIPs ?? [];
  if (first === undefined) return {};
  return { podIP: first, podIPs: task?.podIPs.map((ip) => ({ ip })) ?? [] };
}
