/** What events leave out is as the picture before has it. Pure. */
import { type ContainerState, type TaskState } from "../../../src/provider.ts";

/** `seen`: what an event says of the task that `known` is the last picture of. */
export function withKnown(known: TaskState, seen: TaskState): TaskState {
  const { provisioned, hourlyUsd } = known;
  return {
    ...seen,
    // A task's size and market never change.
    ...(provisioned !== undefined && { provisioned }),
    ...(hourlyUsd !== undefined && { hourlyUsd }),
    containers: seen.containers.map((container) => {
      const before = known.containers.find(({ name }) => name === container.name);
      return before === undefined ? container : withHealth(before, container);
    }),
  };
}

/**
 * Health belongs to a run, and a task runs each container once: what was found of it still holds while it runs, and of one
 * that has just begun to run nothing was found yet, which is what `seen` says.
 */
function withHealth(before: ContainerState, seen: ContainerState): ContainerState {
  const { ready, started, failed, imageID, containerID } = before;
  const health = {
    ...(seen.ready !== undefined && ready !== undefined && { ready }),
    ...(seen.started !== undefined && started !== undefined && { started }),
    ...(failed !== undefined && { failed }),
  };
  return {
    ...(imageID !== undefined && { imageID }),
    ...(containerID !== undefined && { containerID }),
    ...seen,
    ...(before.state.is === "running" && seen.state.is === "running" && health),
  };
}

/**
 * Does this picture tell more than the one before what an event would have told? ECS may count changes of which it tells none,
 * such as of health.
 */
export function hasMoved(before: TaskState, seen: TaskState): boolean {
  const runs = ({ phase, containers }: TaskState): string =>
    [phase, ...containers.map(({ name, state }) => `${name} ${state.is}`)].join();
  return seen.version > before.version && runs(before) !== runs(seen);
}
