/** Which events a change of status is worth: told once, because the change happens once. Pure. */
import type { NewEvent } from "../cluster/cluster.ts";
import type { ContainerStatus, Pod } from "../model/kube.ts";

export type PodEvent = Pick<NewEvent, "type" | "reason" | "message"> & { readonly container?: string };

/** Waiting reasons that say nothing went wrong. */
const quiet = new Set(["ContainerCreating", "PodInitializing"]);

/** `before` and `after` are the pod around one status write of ours. */
export function eventsOf(before: Pod, after: Pod): PodEvent[] {
  const refused = condition(after, "burstlet.dev/Refused");
  if (refused?.status === "True") {
    const told = condition(before, "burstlet.dev/Refused");
    if (told?.message === refused.message) return [];
    return [{ type: "Warning", reason: refused.reason ?? "ProviderRefused", message: refused.message ?? "" }];
  }
  const name = `${after.metadata?.name}_${after.metadata?.namespace}(${after.metadata?.uid})`;
  const previous = statusesOf(before);
  const containers = statusesOf(after).flatMap((status) =>
    containerEvents(
      previous.find((one) => one.name === status.name),
      status,
      name,
    ),
  );
  // One cause that holds every container of a pod is one event, without a container.
  const [first] = containers;
  const shared = containers.length > 1 && containers.every((one) => one.type === "Warning" && sameWords(one, first));
  return shared && first !== undefined
    ? [{ type: first.type, reason: first.reason, message: first.message }]
    : containers;
}

function containerEvents(before: ContainerStatus | undefined, after: ContainerStatus, pod: string): PodEvent[] {
  const events: PodEvent[] = [];
  const container = after.name;
  const ended = after.state?.terminated;
  if (ended?.reason === "StartError" || ended?.reason === "ContainerCannotRun") {
    if (before?.state?.terminated !== undefined && before.restartCount === after.restartCount) return [];
    return [{ type: "Warning", reason: "Failed", message: `Error: ${ended.message ?? ended.reason}`, container }];
  }
  if (runOf(after) !== undefined && runOf(after) !== runOf(before)) {
    events.push({ type: "Normal", reason: "Created", message: "Container created", container });
    events.push({ type: "Normal", reason: "Started", message: "Container started", container });
  }
  const waiting = after.state?.waiting;
  const reason = waiting?.reason ?? "ContainerCreating";
  const news = waiting !== undefined && before?.state?.waiting?.reason !== reason;
  if (news && !quiet.has(reason)) events.push(waitingEvent(reason, waiting.message ?? "", container, pod));
  return events;
}

/** The kubelet's words where it has them, the provider's own otherwise. */
function waitingEvent(reason: string, message: string, container: string, pod: string): PodEvent {
  switch (reason) {
    case "CrashLoopBackOff": {
      const text = `Back-off restarting failed container ${container} in pod ${pod}`;
      return { type: "Warning", reason: "BackOff", message: text, container };
    }
    case "ImagePullBackOff":
      return { type: "Normal", reason: "BackOff", message, container };
    case "ErrImagePull":
    case "ErrImageNeverPull":
    case "InvalidImageName":
    case "CreateContainerConfigError":
    case "CreateContainerError":
      return { type: "Warning", reason: "Failed", message: `Error: ${reason}: ${message}`, container };
    default:
      return { type: "Warning", reason, message };
  }
}

/** Names one run of a container: changes with every start. */
function runOf(status: ContainerStatus | undefined): string | undefined {
  const ran = status?.state?.running ?? status?.state?.terminated ?? status?.lastState?.terminated;
  if (status === undefined || ran === undefined || status.state?.terminated?.reason === "ContainerStatusUnknown") {
    return undefined;
  }
  const waits = status.state?.waiting !== undefined;
  return waits ? undefined : `${status.restartCount}/${ran.startedAt ?? ""}`;
}

function statusesOf(pod: Pod): ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}

function condition(pod: Pod, type: string) {
  return pod.status?.conditions?.find((one) => one.type === type);
}

function sameWords(a: PodEvent, b: PodEvent | undefined): boolean {
  return a.reason === b?.reason && a.message === b.message;
}
