/** What follows for a group from what its containers do. Pure. */
import type { GroupInput } from "../input/group.ts";
import type { ContainerRecord, GroupRecord, GroupState, Run } from "./record.ts";

type Policy = GroupInput["properties"]["restartPolicy"];

/** The state of a group; research of Azure's page on states: Succeeded under Never and OnFailure, Failed under Never alone. */
export function stateOf({
  stopped,
  input,
  containers,
}: Pick<GroupRecord, "stopped" | "input" | "containers">): GroupState {
  // What is told while a stop is under way is not known; that it is over is told when all has ended.
  if (stopped && !containers.some(({ current }) => current?.state === "Running")) return "Stopped";
  const { restartPolicy } = input.properties;
  const init = containers.filter(({ isInit }) => isInit);
  const mains = containers.filter(({ isInit }) => !isInit);
  if (restartPolicy === "Never" && init.some(hasFailed)) return "Failed";
  if (!mains.some(hasRun)) return "Pending";
  const ended = mains.every(({ current }) => current?.state === "Terminated");
  if (!ended || restartPolicy === "Always") return "Running";
  if (!mains.some(hasFailed)) return "Succeeded";
  return restartPolicy === "Never" ? "Failed" : "Running";
}

/** Nothing of it will run again by itself. */
export function isOver(group: Pick<GroupRecord, "stopped" | "input" | "containers">): boolean {
  return ["Stopped", "Succeeded", "Failed"].includes(stateOf(group));
}

/** Every container that is to run has begun to, or the group has ended before. */
export function isUp(group: Pick<GroupRecord, "stopped" | "input" | "containers">): boolean {
  return group.containers.every(({ isInit, ...container }) => isInit || hasRun(container)) || isOver(group);
}

type Runs = Pick<ContainerRecord, "current" | "previous" | "restartCount">;

function hasRun({ current, previous, restartCount }: Runs): boolean {
  return restartCount > 0 || previous !== undefined || current?.state === "Running" || current?.state === "Terminated";
}

export function runsNow({ isInit, current }: ContainerRecord): boolean {
  return !isInit && current?.state === "Running";
}

/** An end that nobody knows is no success. */
function hasFailed({ current }: ContainerRecord): boolean {
  return current?.state === "Terminated" && current.exitCode !== 0;
}

/**
 * Does a container run again after this end? Init containers run until they succeed, once under Never. `never`: what the
 * platform does with one that has failed under Never, a switch.
 */
export function runsAgain(
  { isInit, restartCount }: Pick<ContainerRecord, "isInit" | "restartCount">,
  { exitCode }: Run,
  policy: Policy,
  never: "kept" | "run again",
): boolean {
  const failed = exitCode !== 0;
  switch (policy) {
    case "Always":
      return !isInit || failed;
    case "OnFailure":
      return failed;
    case "Never":
      return never === "run again" && !isInit && failed && restartCount === 0;
  }
}

/** Seconds before the next run: `base`, doubled with each end in a row, 300 at most as Kubernetes has it. */
export function backOff(base: number, crashes: number): number {
  return Math.min(300, base * 2 ** Math.max(0, crashes - 1));
}

/** Ends in a row are forgotten after a run of ten minutes. */
export function crashesAfter({ crashes }: Pick<ContainerRecord, "crashes">, { startTime, finishTime }: Run): number {
  const ran = (finishTime ?? 0) - (startTime ?? finishTime ?? 0);
  return ran >= 600_000 ? 1 : crashes + 1;
}
