/** TaskState's containers → containerStatuses. Pure. */
import { rfc3339 } from "../model/clock.ts";
import type { Container, ContainerStatus, KubeContainerState } from "../model/kube.ts";
import type { ContainerKind, ContainerState, RunState, Terminated } from "../model/task-state.ts";
import { mayRunAgain, type RestartPolicy } from "./may-run-again.ts";

/** 128 + SIGKILL: what the kubelet reports for a container whose fate nobody knows. Never 0. */
const UNKNOWN_EXIT_CODE = 137;

/** The kubelet's words for a container whose turn has not come; both say the same. */
const firstWaits: readonly string[] = ["ContainerCreating", "PodInitializing"];

export interface ContainerContext extends RestartPolicy {
  readonly kind: ContainerKind;
  /** Restarts counted in earlier attempts of this pod. */
  readonly earlierRestarts: number;
  /** Milliseconds until the next restart, when the container waits for it. */
  readonly backOffMs: number | undefined;
  /** Words for a container that has not been launched. */
  readonly waiting: { readonly reason: string; readonly message?: string | undefined };
  /** PodInitializing for every container of a pod with init containers, ContainerCreating otherwise. */
  readonly firstWait: string;
  readonly podName: string;
  /** Bytes of a termination message. */
  readonly messageBytes: number;
}

/**
 * The status of one container of the pod. `seen` is absent before the launch, and for a container that this attempt
 * left out because it had already completed: then the previous status stays as it is.
 */
export function containerStatus(
  spec: Pick<Container, "name" | "image">,
  seen: ContainerState | undefined,
  previous: ContainerStatus | undefined,
  context: ContainerContext,
): ContainerStatus {
  const before = previous !== undefined && neverRan(previous) ? undefined : previous;
  if (before !== undefined && seen !== undefined && endedForGood(before, seen, context)) return before;
  if (before !== undefined && seen === undefined) return betweenAttempts(before, context);
  // The API server must never see a restart taken back, whatever the task says.
  const restarts = Math.max(context.earlierRestarts + (seen?.instance ?? 0), previous?.restartCount ?? 0);
  if (seen === undefined) return notLaunched(spec, restarts, context);
  const state = seen.state;
  const crashed =
    state.is === "terminated" && (context.backOffMs ?? 0) > 0 && mayRunAgain(context.kind, context, state.exitCode);
  const now = crashed ? crashLoop(spec.name, context) : withKnownEnd(kubeState(state, seen, context), before?.state);
  return {
    name: spec.name,
    state: now,
    lastState: crashed ? terminatedState(state, seen.containerID, context) : lastState(seen, before, restarts, context),
    ready: isReady(seen, context.kind),
    started: state.is === "running" ? (seen.started ?? true) : false,
    restartCount: restarts,
    image: seen.image,
    imageID: seen.imageID ?? "",
    ...(seen.containerID !== undefined && { containerID: seen.containerID }),
  };
}

/** An init container is ready once it has succeeded, every other one while it runs. */
function isReady(seen: ContainerState, kind: ContainerKind): boolean {
  if (kind === "init") return seen.state.is === "terminated" && seen.state.exitCode === 0;
  return seen.state.is === "running" && (seen.started ?? true) && (seen.ready ?? true);
}

/** A container that never ran has nothing to keep: its waiting reason follows the story. */
function neverRan(status: ContainerStatus): boolean {
  return status.state?.terminated === undefined && status.state?.running === undefined && !status.lastState?.terminated;
}

/**
 * May this end not be left again? The API server refuses it where the restart policy does not allow another run, and an
 * init container that runs again in a new attempt keeps its first success. News of the very same end are welcome.
 */
function endedForGood(before: ContainerStatus, seen: ContainerState, context: ContainerContext): boolean {
  const end = before.state?.terminated;
  if (end === undefined || mayRunAgain(context.kind, context, end.exitCode)) return false;
  if (seen.state.is !== "terminated") return true;
  return seen.state.exitCode !== end.exitCode && end.reason !== "ContainerStatusUnknown";
}

/** What waits for its next attempt says why; what this attempt leaves out stays as it ended. */
function betweenAttempts(before: ContainerStatus, { waiting: words }: ContainerContext): ContainerStatus {
  if (before.state?.waiting === undefined) return before;
  return { ...before, state: { waiting: waiting(words.reason, words.message) } };
}

function notLaunched(
  spec: Pick<Container, "name" | "image">,
  restartCount: number,
  { waiting: words }: ContainerContext,
): ContainerStatus {
  return {
    name: spec.name,
    state: { waiting: waiting(words.reason, words.message) },
    lastState: {},
    ready: false,
    started: false,
    restartCount,
    image: spec.image ?? "",
    imageID: "",
  };
}

function lastState(
  seen: ContainerState,
  before: ContainerStatus | undefined,
  restarts: number,
  context: ContainerContext,
): KubeContainerState {
  if (seen.last !== undefined) return terminatedState(seen.last, undefined, context);
  // The first run of a new attempt does not know how the previous one ended; the API server does.
  const ended = before?.state?.terminated;
  if (ended !== undefined && restarts > (before?.restartCount ?? 0)) return { terminated: ended };
  return before?.lastState ?? {};
}

function kubeState(state: RunState, seen: ContainerState, context: ContainerContext): KubeContainerState {
  const { firstWait } = context;
  switch (state.is) {
    case "waiting":
      return { waiting: waiting(firstWaits.includes(state.reason) ? firstWait : state.reason, state.message) };
    case "running":
      return { running: { startedAt: rfc3339(state.startedAt) } };
    case "terminated":
      return terminatedState(state, seen.containerID, context);
  }
}

function terminatedState(
  state: Terminated,
  containerID: string | undefined,
  { messageBytes }: ContainerContext,
): KubeContainerState {
  const known = state.exitCode !== undefined;
  return {
    terminated: {
      exitCode: known ? state.exitCode : UNKNOWN_EXIT_CODE,
      reason: known ? state.reason : "ContainerStatusUnknown",
      ...(state.signal !== undefined && { signal: state.signal }),
      ...(state.message !== undefined && state.message !== "" && { message: cut(state.message, messageBytes) }),
      startedAt: time(state.startedAt),
      finishedAt: time(state.finishedAt),
      ...(containerID !== undefined && { containerID }),
    } as NonNullable<KubeContainerState["terminated"]>,
  };
}

/** When a run has ended stays known, also to a provider that was started anew and cannot tell any more. */
function withKnownEnd(now: KubeContainerState, before: KubeContainerState | undefined): KubeContainerState {
  const [end, known] = [now.terminated, before?.terminated];
  if (end === undefined || end.finishedAt || !known?.finishedAt || end.containerID !== known.containerID) return now;
  return { terminated: { ...end, finishedAt: known.finishedAt } };
}

function cut(message: string, bytes: number): string {
  return Buffer.from(message).subarray(0, bytes).toString();
}

/** The API server wants both times; null is its word for an unknown one. */
function time(ms: number | undefined): string | null {
  return ms === undefined ? null : rfc3339(ms);
}

function waiting(reason: string, message: string | undefined): NonNullable<KubeContainerState["waiting"]> {
  return message === undefined || message === "" ? { reason } : { reason, message };
}

function crashLoop(container: string, context: ContainerContext): KubeContainerState {
  const seconds = Math.round((context.backOffMs ?? 0) / 1000);
  return {
    waiting: {
      reason: "CrashLoopBackOff",
      message: `back-off ${seconds}s restarting failed container=${container} pod=${context.podName}`,
    },
  };
}
