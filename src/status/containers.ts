/** TaskState's containers → containerStatuses. Pure. */
import { rfc3339 } from "../model/clock.ts";
import type { Container, ContainerStatus, KubeContainerState } from "../model/kube.ts";
import type { ContainerState, RunState, Terminated } from "../model/task-state.ts";

/** 128 + SIGKILL: what the kubelet reports for a container whose fate nobody knows. Never 0. */
const UNKNOWN_EXIT_CODE = 137;

export interface ContainerContext {
  /** Restarts counted in earlier attempts of this pod. */
  readonly earlierRestarts: number;
  /** Milliseconds until the next restart, when the container waits for it. */
  readonly backOffMs: number | undefined;
  /** Words for a container that has not been launched. */
  readonly waiting: { readonly reason: string; readonly message?: string | undefined };
  readonly podName: string;
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
  if (seen === undefined) return previous ?? notLaunched(spec, context);
  const state = seen.state;
  const crashed = state.is === "terminated" && context.backOffMs !== undefined && context.backOffMs > 0;
  const last = crashed ? terminatedState(state, seen) : lastState(seen, previous);
  const running = state.is === "running";
  return {
    name: spec.name,
    state: crashed ? crashLoop(spec.name, context) : kubeState(state, seen),
    lastState: last,
    ready: running ? (seen.ready ?? true) : false,
    started: running ? (seen.started ?? true) : false,
    restartCount: context.earlierRestarts + seen.instance,
    image: seen.image,
    imageID: seen.imageID ?? "",
    ...(seen.containerID !== undefined && { containerID: seen.containerID }),
  };
}

function notLaunched(spec: Pick<Container, "name" | "image">, context: ContainerContext): ContainerStatus {
  return {
    name: spec.name,
    state: { waiting: waiting(context.waiting.reason, context.waiting.message) },
    lastState: {},
    ready: false,
    started: false,
    restartCount: context.earlierRestarts,
    image: spec.image ?? "",
    imageID: "",
  };
}

function lastState(seen: ContainerState, previous: ContainerStatus | undefined): KubeContainerState {
  if (seen.last !== undefined) return terminatedState(seen.last, { containerID: undefined });
  // The first run of a new attempt does not know how the previous attempt ended; the API server does.
  return previous?.lastState ?? {};
}

function kubeState(state: RunState, seen: ContainerState): KubeContainerState {
  switch (state.is) {
    case "waiting":
      return { waiting: waiting(state.reason, state.message) };
    case "running":
      return { running: { startedAt: rfc3339(state.startedAt) } };
    case "terminated":
      return terminatedState(state, seen);
  }
}

function terminatedState(state: Terminated, seen: { containerID?: string | undefined }): KubeContainerState {
  const known = state.exitCode !== undefined;
  return {
    terminated: {
      exitCode: known ? state.exitCode : UNKNOWN_EXIT_CODE,
      reason: known ? state.reason : "ContainerStatusUnknown",
      ...(state.signal !== undefined && { signal: state.signal }),
      ...(state.message !== undefined && state.message !== "" && { message: state.message }),
      startedAt: time(state.startedAt),
      finishedAt: time(state.finishedAt),
      ...(seen.containerID !== undefined && { containerID: seen.containerID }),
    } as NonNullable<KubeContainerState["terminated"]>,
  };
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
