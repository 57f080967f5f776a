import type { ContainerState, TaskState } from "../../../src/model/task-state.ts";
import type { ContainerRecord, StopCode, TaskRecord } from "./record.ts";

/** Pure decisions over a task: what a runtime's news mean for its containers, and what follows for the task. */

/** Writes the runtime's news into the containers; answers whether anything has changed. `now`: wall milliseconds. */
export function takeNews(record: TaskRecord, state: TaskState, now: number): boolean {
  let changed = false;
  const [address] = state.podIPs;
  if (address !== undefined && record.address !== address) {
    record.address = address;
    changed = true;
  }
  for (const news of state.containers) {
    const container = record.containers.find(({ name }) => name === news.name);
    if (container !== undefined && takeContainer(container, news, now)) changed = true;
  }
  return changed;
}

function takeContainer(container: ContainerRecord, news: ContainerState, now: number): boolean {
  const { state } = news;
  if (state.is === "waiting" || container.lastStatus === "STOPPED") return false;
  if (state.is === "running" && container.lastStatus === "RUNNING") return false;
  container.runtimeId ??= news.containerID?.replace(/^\w+:\/\//, "");
  container.imageDigest ??= /sha256:[0-9a-f]{64}/.exec(news.imageID ?? "")?.[0];
  if (state.is === "running") {
    container.lastStatus = "RUNNING";
    container.startedAt = now;
    return true;
  }
  container.lastStatus = "STOPPED";
  container.startedAt ??= state.startedAt === undefined ? undefined : now;
  container.finishedAt = now;
  container.exitCode ??= state.exitCode;
  container.reason ??= reasonOf(state);
  return true;
}

function reasonOf(state: Extract<ContainerState["state"], { is: "terminated" }>): string | undefined {
  switch (state.reason) {
    case "OOMKilled":
      return "OutOfMemoryError: Container killed due to memory usage";
    case "ContainerCannotRun":
    case "StartError":
      return `CannotStartContainerError: ${state.message ?? "the container cannot be started"}`;
    default:
      return undefined;
  }
}

/** A word about one container that goes with a verdict. */
export interface Mark {
  readonly name: string;
  readonly reason: string;
  readonly exitCode?: number | undefined;
}

export type Verdict =
  | { readonly is: "stop"; readonly code: StopCode; readonly reason: string; readonly mark?: Mark | undefined }
  | { readonly is: "started" }
  | { readonly is: "nothing" };

/** What follows for a task that is wanted: it fails, it ends, it has come up, or nothing. */
export function verdictOf({ containers }: TaskRecord, state: TaskState): Verdict {
  const pull = state.containers.find(isPullFailure);
  if (pull?.state.is === "waiting") return failedPull(pull.name, pull.image, pull.state.message ?? pull.state.reason);
  for (const container of containers) {
    const unmet = unmetDependency(container, containers);
    if (unmet !== undefined) return { is: "stop", code: "TaskFailedToStart", reason: unmet.reason, mark: unmet };
  }
  const ended = containers.find(
    ({ definition, lastStatus }) => definition?.essential === true && lastStatus === "STOPPED",
  );
  if (ended?.reason?.startsWith("CannotStart") === true) {
    return { is: "stop", code: "TaskFailedToStart", reason: ended.reason };
  }
  if (ended !== undefined) {
    return { is: "stop", code: "EssentialContainerExited", reason: "Essential container in task exited" };
  }
  const allUp = containers.every(({ definition, lastStatus }) => definition === undefined || lastStatus !== "PENDING");
  return { is: allUp ? "started" : "nothing" };
}

const pullFailures = ["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"];

const isPullFailure = ({ state }: ContainerState): boolean =>
  state.is === "waiting" && pullFailures.includes(state.reason);

/** The text as platform 1.4.0 writes it, for a registry's own words `why`. */
export function failedPull(name: string, image: string, why: string): Verdict {
  const reason = `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${why}`;
  return { is: "stop", code: "TaskFailedToStart", reason, mark: { name, reason } };
}

/**
 * A container that can never start, because one on whose success it depends has failed. The agent of ECS ends it with
 * 143 and this text, though it never ran. After COMPLETE it would start on AWS, but no runtime here goes on then.
 */
function unmetDependency(container: ContainerRecord, all: readonly ContainerRecord[]): Mark | undefined {
  if (container.lastStatus !== "PENDING") return undefined;
  for (const { containerName, condition } of container.definition?.dependsOn ?? []) {
    const other = all.find(({ name }) => name === containerName);
    if (other?.lastStatus !== "STOPPED" || other.exitCode === 0) continue;
    if (condition === "COMPLETE") {
      return {
        name: container.name,
        reason: "CannotStartContainerError: the stand-in does not simulate COMPLETE after a failure",
      };
    }
    if (condition !== "SUCCESS") continue;
    const reason =
      "CannotStartContainerError: dependency graph: failed to resolve container ordering dependency " +
      `[${other.name}] for target [${container.name}] as dependency did not exit successfully.`;
    return { name: container.name, exitCode: 143, reason };
  }
  return undefined;
}

/** What follows when `name` has had all the time of its startTimeout: who still waits for it gives up. */
export function gaveUpOn(name: string, { containers }: TaskRecord): Verdict {
  const awaited = containers.find((container) => container.name === name);
  for (const { name: waiting, lastStatus, definition } of containers) {
    if (lastStatus !== "PENDING") continue;
    const wait = definition?.dependsOn?.find(({ containerName }) => containerName === name);
    const holds = wait === undefined || wait.condition === "START" || awaited?.lastStatus === "STOPPED";
    if (holds || (wait.condition === "HEALTHY" && awaited?.health === "HEALTHY")) continue;
    const reason =
      `CannotStartContainerError: dependency graph: container ordering dependency [${name}] ` +
      `for target [${waiting}] has timed out.`;
    return { is: "stop", code: "TaskFailedToStart", reason, mark: { name: waiting, reason } };
  }
  return { is: "nothing" };
}

/**
 * Helpers of burstlet that end once every main container has ended. They do so by themselves where they run; on a
 * runtime that follows a timetable, the stand-in ends them: names of those whose time has come. What others wait for
 * ends there by itself.
 */
export function helpersToEnd({ containers }: TaskRecord): readonly string[] {
  const kindOf = ({ definition }: ContainerRecord): string | undefined =>
    definition?.dockerLabels?.["dev.burstlet.kind"];
  const mains = containers.filter((container) => kindOf(container) === "main");
  if (mains.length === 0 || mains.some(({ lastStatus }) => lastStatus !== "STOPPED")) return [];
  return containers
    .filter((container) => kindOf(container) === "helper" && container.lastStatus === "RUNNING")
    .map(({ name }) => name);
}
