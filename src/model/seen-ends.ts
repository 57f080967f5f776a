import type { ContainerState, TaskState } from "./task-state.ts";

/**
 * An end of which the cloud tells no time gets the time `at` which it was first seen: late by one look at most. `known`: the
 * picture before this one. Pure.
 */
export function withSeenEnds(known: TaskState, seen: TaskState, at: number): TaskState {
  const containers = seen.containers.map((one): ContainerState => {
    if (one.state.is !== "terminated" || one.state.finishedAt !== undefined) return one;
    const before = known.containers.find(({ name }) => name === one.name)?.state;
    const finishedAt = before?.is === "running" ? at : before?.is === "terminated" ? before.finishedAt : undefined;
    return { ...one, state: { ...one.state, finishedAt } };
  });
  return { ...seen, containers };
}
