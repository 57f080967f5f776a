/** Shorthand for the tables of this room and of src/pods: containers, pods and tasks in a few words. */
import type { ContainerStatus, Pod } from "../model/kube.ts";
import type { ContainerKind, ContainerState, RunState, TaskState } from "../model/task-state.ts";

/** 2026-01-02T03:04:05Z */
export const now = 1_767_323_045_000;
export const at = "2026-01-02T03:04:05Z";

export function running(startedAt: number = now - 60_000): RunState {
  return { is: "running", startedAt };
}

export function waiting(reason: string, message?: string): RunState {
  return { is: "waiting", reason, message };
}

/** Ended `ago` milliseconds before `now`, after a run of ten seconds. */
export function ended(exitCode: number | undefined, ago = 0): RunState & { is: "terminated" } {
  const finishedAt = now - ago;
  const reason = exitCode === 0 ? "Completed" : "Error";
  return { is: "terminated", exitCode, reason, startedAt: finishedAt - 10_000, finishedAt };
}

/** `name`: `init…` is an init container, `side…` a sidecar, everything else a main container. */
export function container(name: string, state: RunState, more: Partial<ContainerState> = {}): ContainerState {
  return { name, kind: kindOf(name), instance: 0, image: "busybox", state, ...more };
}

export function kindOf(name: string): ContainerKind {
  return name.startsWith("init") ? "init" : name.startsWith("side") ? "sidecar" : "main";
}

export function task(containers: readonly ContainerState[], more: Partial<TaskState> = {}): TaskState {
  return {
    id: "task-1",
    identity: { clusterUid: "cluster", podUid: "uid", attempt: 1 },
    podName: "pod",
    podNamespace: "default",
    nodeName: "burst",
    version: 1,
    phase: "running",
    containers,
    podIPs: ["10.1.2.3"],
    probedBy: "core",
    ...more,
  };
}

export function pod(names: readonly string[], restartPolicy: string, more: Partial<Pod> = {}): Pod {
  const spec = (name: string) => ({
    name,
    image: "busybox",
    ...(kindOf(name) === "sidecar" && { restartPolicy: "Always" }),
  });
  const inits = names.filter((name) => kindOf(name) !== "main").map(spec);
  return {
    ...more,
    metadata: { namespace: "default", name: "pod", uid: "uid", generation: 1, ...more.metadata },
    spec: {
      restartPolicy,
      nodeName: "burst",
      containers: names.filter((name) => kindOf(name) === "main").map(spec),
      ...(inits.length > 0 && { initContainers: inits }),
      ...more.spec,
    },
  };
}

/** As a status may travel: nothing is said of the state, nor of the one before. */
export function stateless(name: string): ContainerStatus {
  const { state: _state, lastState: _lastState, ...rest } = status(name, "waiting");
  return rest;
}

/** A container's status in a word: `running`, `waiting`, `crashed` (waits after a failed run), `new`, or an exit code. */
export function status(name: string, what: string | number): ContainerStatus {
  const base = {
    name,
    ready: what === "running",
    started: what === "running",
    restartCount: 0,
    image: "busybox",
    imageID: "",
  };
  const terminated = (exitCode: number) => ({ exitCode, reason: exitCode === 0 ? "Completed" : "Error" });
  if (typeof what === "number") return { ...base, state: { terminated: terminated(what) }, lastState: {} };
  if (what === "running") return { ...base, state: { running: { startedAt: at } }, lastState: {} };
  const lastState = what === "crashed" ? { terminated: terminated(1) } : {};
  return {
    ...base,
    state: { waiting: { reason: what === "crashed" ? "CrashLoopBackOff" : "ContainerCreating" } },
    lastState,
  };
}
