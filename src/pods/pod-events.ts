/** Which events a change of status is worth: told once, because the change happens once. Pure. */
import { isDeepStrictEqual } from "node:util";
import type { NewEvent } from "../cluster/cluster.ts";
import type { ContainerStatus, Pod } from "../model/kube.ts";
import type { TaskState } from "../model/task-state.ts";
import { goDuration } from "../probes/probers/words.ts";
import type { Unhealthy } from "./plan/action.ts";

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
  const told =
    shared && first !== undefined ? [{ type: first.type, reason: first.reason, message: first.message }] : containers;
  return [...told, ...resizeEvents(before, after)];
}

/** The kubelet's, of a resize that it cannot do, has tried in vain, or has done (pkg/kubelet/events). */
function resizeEvents(before: Pod, after: Pod): PodEvent[] {
  const news = (type: string): string | undefined => {
    const message = condition(after, type)?.message;
    return message === condition(before, type)?.message ? undefined : message;
  };
  const [infeasible, failed] = [news("PodResizePending"), news("PodResizeInProgress")];
  const resized = statusesOf(after).filter(({ name, state, resources }) => {
    const had = statusesOf(before).find((one) => one.name === name)?.resources;
    return state?.running !== undefined && had !== undefined && !isDeepStrictEqual(had, resources);
  });
  const names = resized.map(({ name }) => name).join(", ");
  return [
    ...(infeasible ? [{ type: "Warning", reason: "ResizeInfeasible", message: infeasible } as const] : []),
    ...(failed ? [{ type: "Warning", reason: "ResizeError", message: failed } as const] : []),
    ...(names === ""
      ? []
      : [{ type: "Normal", reason: "ResizeCompleted", message: `Resized in place: ${names}` } as const]),
  ];
}

/**
 * Of a pod that was launched: an image may be changed in its spec, and the kubelet would then run that container
 * anew. A task is not replaced while it runs, and whoever changed the image must hear so.
 */
export function editEvents(before: Pod, after: Pod): PodEvent[] {
  const images = new Map(specsOf(before).map(({ name, image }) => [name, image]));
  return specsOf(after).flatMap(({ name: container, image }) => {
    if (!images.has(container) || images.get(container) === image) return [];
    const message = `The image is now ${image} in the spec, and the container that runs keeps its own: delete the pod to replace it`;
    return [{ type: "Warning", reason: "ImageChangeNotApplied", message, container } as const];
  });
}

/** Why a container is ended although its pod goes on: the kubelet's words (pkg/kubelet/kuberuntime). */
export function unhealthyEvent({ spec }: Pod, { container, probe }: Unhealthy): PodEvent {
  const isSidecar = spec?.initContainers?.some(({ name }) => name === container) === true;
  const restarts = !isSidecar && spec?.restartPolicy !== "Never" ? ", will be restarted" : "";
  const message = `${isSidecar ? "Init container" : "Container"} ${container} failed ${probe} probe${restarts}`;
  return { type: "Normal", reason: "Killing", message, container };
}

/** What has gone wrong with the task since the picture before. Without one before, whoever told that one has told of it. */
export function taskEvents(before: TaskState | undefined, after: TaskState): PodEvent[] {
  if (before === undefined) return [];
  return [
    ...sandboxEvents(before, after),
    ...warningEvents(before, after),
    ...pullEvents(before, after),
    ...hookEvents(before, after),
  ];
}

function warningEvents(before: TaskState, { warning }: TaskState): PodEvent[] {
  if (warning === undefined || isDeepStrictEqual(warning, before.warning)) return [];
  return [{ type: "Warning", ...warning }];
}

/** The kubelet's event (pkg/kubelet/kuberuntime); the provider goes on trying. Containers that wait for that tell it themselves. */
function sandboxEvents(before: TaskState, { reason, message = "", containers }: TaskState): PodEvent[] {
  if (reason !== sandboxTrouble || (before.reason === reason && before.message === message)) return [];
  if (containers.some(({ state }) => state.is === "waiting" && state.reason === sandboxTrouble)) return [];
  return [{ type: "Warning", reason, message: sandboxWords(message) }];
}

const sandboxTrouble = "FailedCreatePodSandBox";

function sandboxWords(message: string): string {
  const words = "Failed to create pod sandbox: ";
  return message.startsWith(words) ? message : `${words}${message}`;
}

/** The kubelet's, of a pull (pkg/kubelet/images); of one that is tried again and again only the first beginning is told. */
function pullEvents(before: TaskState, after: TaskState): PodEvent[] {
  return after.containers.flatMap(({ name: container, instance, image, pull }) => {
    const known = before.containers.find(({ name }) => name === container);
    if (pull === undefined || known === undefined) return [];
    const told = known.instance === instance ? known.pull : undefined;
    const event = (reason: string, message: string): PodEvent => ({ type: "Normal", reason, message, container });
    const events = told === undefined ? [event("Pulling", `Pulling image "${image}"`)] : [];
    if (pull.finishedAt === undefined || told?.finishedAt !== undefined) return events;
    const took = goDuration(pull.finishedAt - pull.startedAt);
    const size = pull.bytes === undefined ? "" : ` Image size: ${pull.bytes} bytes.`;
    const message = `Successfully pulled image "${image}" in ${took} (${took} including waiting).${size}`;
    return [...events, event("Pulled", message)];
  });
}

/** Hooks that have failed since the picture before. */
function hookEvents(before: TaskState, after: TaskState): PodEvent[] {
  return after.containers.flatMap((one) => {
    const known = before.containers.find(({ name }) => name === one.name);
    if (known === undefined) return [];
    const told = known.instance === one.instance ? known.hookFailures : undefined;
    return (["postStart", "preStop"] as const).flatMap((hook): PodEvent[] => {
      const failure = one.hookFailures?.[hook];
      if (failure === undefined || told?.[hook] !== undefined) return [];
      const name = hook === "postStart" ? "PostStartHook" : "PreStopHook";
      return [{ type: "Warning", reason: `Failed${name}`, message: `${name} failed: ${failure}`, container: one.name }];
    });
  });
}

function specsOf({ spec }: Pod): readonly { name: string; image?: string | undefined }[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

function containerEvents(before: ContainerStatus | undefined, after: ContainerStatus, pod: string): PodEvent[] {
  const events: PodEvent[] = [];
  if (runOf(after) !== undefined && runOf(after) !== runOf(before)) events.push(...runEvents(after));
  const waiting = after.state?.waiting;
  const reason = waiting?.reason ?? "ContainerCreating";
  const news = waiting !== undefined && before?.state?.waiting?.reason !== reason;
  if (news && !quiet.has(reason)) events.push(waitingEvent(reason, waiting.message ?? "", after, pod));
  return events;
}

/** A run that could not be started was neither created nor started, whether its end is still shown or already past. */
function runEvents(after: ContainerStatus): PodEvent[] {
  const container = after.name;
  const ended =
    after.state?.terminated ?? (after.state?.waiting === undefined ? undefined : after.lastState?.terminated);
  if (ended?.reason === "StartError" || ended?.reason === "ContainerCannotRun") {
    return [{ type: "Warning", reason: "Failed", message: `Error: ${ended.message ?? ended.reason}`, container }];
  }
  return [
    { type: "Normal", reason: "Created", message: "Container created", container },
    { type: "Normal", reason: "Started", message: "Container started", container },
  ];
}

/** The kubelet's words where it has them, the provider's own otherwise. */
function waitingEvent(
  reason: string,
  message: string,
  { name: container, image }: ContainerStatus,
  pod: string,
): PodEvent {
  switch (reason) {
    case "CrashLoopBackOff": {
      const text = `Back-off restarting failed container ${container} in pod ${pod}`;
      return { type: "Warning", reason: "BackOff", message: text, container };
    }
    case "ImagePullBackOff":
      return { type: "Normal", reason: "BackOff", message, container };
    case "ErrImagePull":
      return { type: "Warning", reason: "Failed", message: `Failed to pull image "${image}": ${message}`, container };
    case "ErrImageNeverPull":
      return { type: "Warning", reason, message, container };
    case "InvalidImageName":
      return { type: "Warning", reason: "InspectFailed", message, container };
    case "CreateContainerConfigError":
    case "CreateContainerError":
      return { type: "Warning", reason: "Failed", message: `Error: ${message}`, container };
    case sandboxTrouble:
      return { type: "Warning", reason, message: sandboxWords(message) };
    default:
      return { type: "Warning", reason, message };
  }
}

/** The number of the last run that is known to have begun; `undefined` when none is, or when only its end is guessed. */
function runOf(status: ContainerStatus | undefined): number | undefined {
  const { running, terminated, waiting } = status?.state ?? {};
  const ran = terminated === undefined ? running !== undefined : terminated.reason !== "ContainerStatusUnknown";
  // Between two runs the count is still that of the run before.
  return ran || waiting?.reason === "CrashLoopBackOff" ? status?.restartCount : undefined;
}

function statusesOf(pod: Pod): ContainerStatus[] {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
}

function condition(pod: Pod, type: string) {
  return pod.status?.conditions?.find((one) => one.type === type);
}

function sameWords(a: PodEvent, b: PodEvent | undefined): boolean {
  return a.reason === b?.reason && a.message === b.message;
}
