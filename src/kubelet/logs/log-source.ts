import type { ContainerStatus } from "../../model/kube.ts";
import { type ContainerRef, type ContainerState, type LogRequest, parseTime, type Pod } from "../../provider.ts";
import type { FoundPod } from "../pod-lookup.ts";

/** Of the pod's status: burstlet's own, with every reason for a refusal. */
const refusedCondition = "burstlet.dev/Refused";

export type LogSource =
  | { readonly source: ContainerRef; readonly ran?: LogRequest["ran"]; readonly trouble?: undefined }
  | { readonly status: 400 | 404; readonly trouble: string };

/**
 * Which run of the container is meant. Current: the newest that ever ran, also while the next one waits. Previous:
 * the one before; the first run of a task has one only where a restart is a new task (`restarts: "task"`), and then
 * it is in the attempt before. The troubles are the kubelet's words: kubectl prints them.
 */
export function logSource(
  found: FoundPod,
  container: string,
  previous: boolean,
  restarts: "container" | "task" | "cloud",
): LogSource {
  const { pod, task } = found;
  const podName = pod.metadata?.name ?? "";
  const named = `container "${container}" in pod "${podName}"`;
  if (!hasContainer(pod, container)) {
    return { status: 404, trouble: `container "${container}" not found in pod "${podName}"` };
  }

  const state = found.containers.find((candidate) => candidate.name === container);
  if (task === undefined || state === undefined) {
    if (previous) return { status: 400, trouble: `previous terminated ${named} not found` };
    const refused = pod.status?.conditions?.find(({ type, status }) => type === refusedCondition && status === "True");
    if (refused !== undefined) {
      const why = `${refused.reason}: ${refused.message}`;
      return { status: 400, trouble: `${named} does not start, because the pod was refused: ${why}` };
    }
    const ended = statusOf(pod, container)?.state?.terminated;
    if (ended?.reason === "ContainerCannotRun") {
      return { status: 400, trouble: `${named} cannot run: ${ended.message}` };
    }
    // The cloud has forgotten it, its log may still be there.
    if (ended !== undefined && found.recorded !== undefined) {
      const { task: recorded, earlierRestarts } = found.recorded;
      const restarts = statusOf(pod, container)?.restartCount ?? 0;
      const source = { task: recorded, container, instance: restarts - (earlierRestarts[container] ?? 0) };
      return { source, ran: ranAs(ended) };
    }
    return { status: 400, trouble: `${named} ${waitingWords(waitingReason(pod, container))}` };
  }

  const current = newestRun(state);
  if (!previous) {
    if (current < 0) return { status: 400, trouble: `${named} ${waitingWords(waitingReasonOf(state))}` };
    return { source: { task, container, instance: current } };
  }
  // While the next run waits, the kubelet calls the ended one both current and previous.
  const before = state.state.is === "waiting" ? current : current - 1;
  if (before >= 0) return { source: { task, container, instance: before } };
  const { attempt } = task.identity;
  const last = statusOf(pod, container)?.lastState?.terminated;
  if (restarts === "task" && attempt > 1 && last !== undefined) {
    const earlier = { identity: { ...task.identity, attempt: attempt - 1 } };
    return { source: { task: earlier, container, instance: 0 }, ran: ranAs(last) };
  }
  return { status: 400, trouble: `previous terminated ${named} not found` };
}

type Terminated = NonNullable<NonNullable<ContainerStatus["state"]>["terminated"]>;

function ranAs({ startedAt, finishedAt, containerID }: Terminated): LogRequest["ran"] {
  return { startedAt: parseTime(startedAt), finishedAt: parseTime(finishedAt), containerID };
}

/** -1: it never ran. */
function newestRun(state: ContainerState): number {
  return state.state.is === "waiting" ? state.instance - 1 : state.instance;
}

function waitingReasonOf(state: ContainerState): string {
  return state.state.is === "waiting" ? state.state.reason : "ContainerCreating";
}

function waitingReason(pod: Pod, container: string): string {
  // Without any status it has not been looked at yet, which is the kubelet's first reason too.
  return statusOf(pod, container)?.state?.waiting?.reason ?? "ContainerCreating";
}

function waitingWords(reason: string): string {
  if (reason === "ErrImagePull") return "is waiting to start: image can't be pulled";
  if (reason === "ImagePullBackOff") return "is waiting to start: trying and failing to pull image";
  return `is waiting to start: ${reason}`;
}

function hasContainer(pod: Pod, name: string): boolean {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  return [...containers, ...initContainers, ...ephemeralContainers].some((container) => container.name === name);
}

function statusOf(pod: Pod, name: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
    (status) => status.name === name,
  );
}
