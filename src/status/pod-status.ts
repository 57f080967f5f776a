/** pod, task, what the node says about it, now → PodStatus. Pure; the only place that composes a status. */
import { rfc3339 } from "../model/clock.ts";
import type { ContainerStatus, Pod, PodStatus } from "../model/kube.ts";
import type { TaskState } from "../model/task-state.ts";
import { conditionsOf } from "./conditions.ts";
import { containerStatus } from "./containers.ts";
import { type Phase, phaseOf } from "./phase.ts";

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
  readonly now: number;
}

/** Everything of the status that is ours; what belongs to others (readiness gates, qosClass …) is left out. */
export function podStatus(input: StatusInput): PodStatus {
  const { pod, task, story, now } = input;
  const init = statuses("init", input);
  const main = statuses("main", input);
  const phase = finalPhase(input, init, main);
  const words = closingWords(input, phase);
  const hostIP = task?.hostIP ?? input.hostIP;
  const disrupted = task?.disrupted === true ? disruption(task) : undefined;
  return {
    phase,
    conditions: conditionsOf({
      pod,
      phase,
      init,
      main,
      sandboxReady: task !== undefined && task.phase !== "stopped" && sandboxSeen(task),
      disrupted,
      refused: story.refused,
      now,
    }),
    ...(words !== undefined && words),
    startTime: pod.status?.startTime ?? rfc3339(now),
    ...(hostIP !== undefined && { hostIP, hostIPs: [{ ip: hostIP }] }),
    ...addresses(task),
    ...(init.length > 0 && { initContainerStatuses: init }),
    containerStatuses: main,
    ...(pod.metadata?.generation !== undefined && { observedGeneration: pod.metadata.generation }),
  };
}

function statuses(of: "init" | "main", { pod, task, story }: StatusInput): ContainerStatus[] {
  const specs = (of === "init" ? pod.spec?.initContainers : pod.spec?.containers) ?? [];
  const previous = (of === "init" ? pod.status?.initContainerStatuses : pod.status?.containerStatuses) ?? [];
  const afterInit = of === "main" && (pod.spec?.initContainers ?? []).length > 0;
  return specs.map((spec) => {
    const before = previous.find((status) => status.name === spec.name && !isFirstWait(status));
    // An init container runs again in a new attempt, but its status stays at its first success: the API demands it.
    const keep = of === "init" && spec.restartPolicy !== "Always" && before?.state?.terminated?.exitCode === 0;
    const seen = keep ? undefined : task?.containers.find((container) => container.name === spec.name);
    return containerStatus(spec, seen, before, {
      earlierRestarts: story.earlierRestarts?.[spec.name] ?? 0,
      backOffMs: story.backOffs?.get(spec.name),
      waiting: story.refused ?? story.waiting ?? { reason: afterInit ? "PodInitializing" : "ContainerCreating" },
      podName: `${pod.metadata?.name}_${pod.metadata?.namespace}(${pod.metadata?.uid})`,
    });
  });
}

/** A container that never ran has nothing to keep: its waiting reason follows the story. */
function isFirstWait(status: ContainerStatus): boolean {
  return status.state?.waiting !== undefined && status.lastState?.terminated === undefined;
}

function finalPhase({ pod, story }: StatusInput, init: ContainerStatus[], main: ContainerStatus[]): Phase {
  const ran = pod.status?.phase === "Running";
  if (story.refused !== undefined) return story.refused.final ? "Failed" : ran ? "Running" : "Pending";
  const allEnded = [...init, ...main].every((status) => status.state?.running === undefined);
  if (story.ended !== undefined && allEnded) return "Failed";
  if (story.closing === true && allEnded) {
    return main.every((status) => status.state?.terminated?.exitCode === 0) ? "Succeeded" : "Failed";
  }
  if (pod.spec === undefined) return "Pending";
  return phaseOf(pod.spec, { init, main }, pod.status?.phase);
}

function closingWords({ story }: StatusInput, phase: Phase): { reason: string; message: string } | undefined {
  if (phase !== "Failed") return undefined;
  const words = story.refused ?? story.ended;
  return words === undefined ? undefined : { reason: words.reason, message: words.message };
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
