import type { ContainerState, RunState, TaskState, Terminated } from "../../../../src/provider.ts";

/**
 * The order of a task's containers, as pure functions over their states: init containers one after the other,
 * sidecars once the row has come to them, main containers together at the end.
 */

const notBegun = (container: ContainerState): boolean => container.state.is === "waiting";

/** Indexes of the containers whose turn it is now. They may have been told to start before: starting takes time. */
export function whoseTurn(containers: readonly ContainerState[]): readonly number[] {
  for (const [index, container] of containers.entries()) {
    if (container.kind === "main" || container.kind === "ephemeral") break;
    if (notBegun(container)) return [index];
    const through = container.kind === "sidecar" || succeeded(container.state);
    if (!through) return [];
  }
  return containers.flatMap((container, index) => (container.kind === "main" && notBegun(container) ? [index] : []));
}

const succeeded = (state: RunState): boolean => state.is === "terminated" && state.exitCode === 0;

export function phaseOf(containers: readonly ContainerState[], ending: boolean): TaskState["phase"] {
  if (ending) return containers.some(({ state }) => state.is === "running") ? "stopping" : "stopped";
  const mainRan = containers.some(({ kind, state, last }) => kind === "main" && (state.is !== "waiting" || last));
  if (!mainRan) return "starting";
  return containers.every(({ state }) => state.is === "terminated") ? "stopped" : "running";
}

/** Why a container that never ran waits: the kubelet says PodInitializing while init containers are under way. */
export function firstWait(kind: ContainerState["kind"], hasInit: boolean): RunState {
  return { is: "waiting", reason: hasInit && kind === "main" ? "PodInitializing" : "ContainerCreating" };
}

/** How a run ends, in the kubelet's words. */
export const endOf = {
  exit: (exitCode: number): Ending => ({ exitCode, reason: exitCode === 0 ? "Completed" : "Error" }),
  oom: (): Ending => ({ exitCode: 137, signal: 9, reason: "OOMKilled" }),
  unknown: (): Ending => ({ exitCode: undefined, reason: "ContainerStatusUnknown", message: "the timetable hides it" }),
  terminated: (): Ending => ({ exitCode: 143, signal: 15, reason: "Error" }),
  killed: (): Ending => ({ exitCode: 137, signal: 9, reason: "Error" }),
} as const;

export type Ending = Pick<Terminated, "exitCode" | "signal" | "reason" | "message">;
