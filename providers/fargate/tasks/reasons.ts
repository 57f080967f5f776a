/**
 * What ECS says about an end, in the kubelet's words. Its texts are those of the developer guide's "stopped task error
 * messages" and of the ECS agent; Fargate's own agent is closed, so every match is by the error's name, not its details.
 * Pure.
 */
import type { Container, Task } from "@aws-sdk/client-ecs";
import type { Terminated, Waiting } from "../../../src/provider.ts";
import { marketOf } from "../market.ts";

/** What burstlet itself gives as the reason of a StopTask: by this a stop of ours is told from one of somebody else. */
export const ownStopMark = "burstlet: ";

/** As a RunTask that finds none is told (`providers/aws/errors.ts`). */
export const capacityUnavailable = "CapacityUnavailable";

/** containerd's exit code for a container that could not be started, which kubectl shows with reason StartError. */
const startErrorCode = 128;

type Stopped = Pick<Container, "reason" | "exitCode" | "runtimeId">;
type Ended = Pick<Task, "stopCode" | "stoppedReason" | "startedAt" | "capacityProviderName">;

/** Why a container that ECS shows as STOPPED has never run; `undefined` when it has. */
export function neverRan(container: Stopped, task: Ended): Waiting | Terminated | undefined {
  const { reason = "", exitCode, runtimeId } = container;
  // ECS gives exit code 143 to what was only waiting for another container of the row (agent's dependencygraph).
  if (/dependenc(y|ies)/i.test(reason) && startFailure.test(reason))
    return { is: "waiting", reason: "PodInitializing" };
  const own = startTrouble(reason);
  if (own !== undefined) return own;
  if (exitCode !== undefined) return undefined;
  const began = runtimeId !== undefined && task.stopCode !== "TaskFailedToStart";
  if (began || task.startedAt !== undefined) return undefined;
  return taskTrouble(task) ?? { is: "waiting", reason: "ContainerCreating" };
}

const startFailure = /^Cannot(Start|Create)Container/;

/** Why nothing of this task could start, as far as that is the task's own trouble; `undefined` when it is not. */
export function taskTrouble(task: Ended): Waiting | undefined {
  const { stopCode, stoppedReason: text = "" } = task;
  if (stopCode !== "TaskFailedToStart") return undefined;
  const told = startTrouble(text);
  if (told?.is === "waiting") return told;
  // A container that could not start tells of it itself; the sandbox was there.
  if (startFailure.test(text)) return waiting("RunContainerError", text);
  if (/capacity is unavailable|insufficient capacity/i.test(text))
    return waiting(capacityUnavailable, `${text.replace(/\.$/, "")}: asked for ${marketOf(task)}`);
  return waiting("FailedCreatePodSandBox", text);
}

/** From the name of an error that ECS writes before its text, to what the kubelet would show of such a container. */
function startTrouble(text: string): Waiting | Terminated | undefined {
  const name = /^([A-Z][A-Za-z]+Error)\b/.exec(text)?.[1] ?? "";
  if (name.startsWith("CannotPull")) {
    return waiting(/invalid reference format/i.test(text) ? "InvalidImageName" : "ErrImagePull", text);
  }
  switch (name) {
    case "ResourceInitializationError":
      return initializationTrouble(text);
    case "CannotCreateContainerError":
      return waiting("CreateContainerError", text);
    case "CannotStartContainerError":
      return { is: "terminated", exitCode: startErrorCode, reason: "StartError", message: text };
    case "ContainerRuntimeError":
    case "ContainerRuntimeTimeoutError":
    case "DockerTimeoutError":
      return waiting("RunContainerError", text);
    default:
      return undefined;
  }
}

/** One name for everything that is made ready before the containers: the text tells what it was. */
function initializationTrouble(text: string): Waiting {
  if (/registry auth:|ecr registry auth/i.test(text) && !/retrieve secret/i.test(text)) {
    return waiting("ErrImagePull", text);
  }
  if (/secret|ssm|parameter|environment file/i.test(text)) return waiting("CreateContainerConfigError", text);
  return waiting("FailedCreatePodSandBox", text);
}

/** How a container has ended that did run; times are the caller's. An absent exit code stays unknown. */
export function endOf({ exitCode, reason }: Stopped): Pick<Terminated, "exitCode" | "reason" | "message"> {
  const message = reason === undefined || reason === "" ? {} : { message: reason };
  // The kernel kills with SIGKILL; ECS itself shows 137 where it shows a code at all.
  if (reason?.startsWith("OutOfMemoryError") === true)
    return { exitCode: exitCode ?? 137, reason: "OOMKilled", ...message };
  if (exitCode === undefined) return { exitCode, reason: "ContainerStatusUnknown", ...message };
  return { exitCode, reason: exitCode === 0 ? "Completed" : "Error", ...message };
}

export interface Disruption {
  readonly reason: string;
  readonly message: string;
}

/**
 * Why the task was taken away, by the cloud or by somebody who is not burstlet. `began`: a main container has run;
 * before that the cloud's own reasons take nothing away, and the task is simply launched again.
 */
export function disruptionOf({ stopCode, stoppedReason }: Ended, began: boolean): Disruption | undefined {
  const message = stoppedReason ?? "ECS gave no reason";
  // Retirement is said in words only: which stop code it comes with is not documented (to verify).
  if (isMaintenance(message)) return began ? { reason: "TaskRetirement", message } : undefined;
  if (stopCode === "UserInitiated") {
    if (message.startsWith(ownStopMark)) return undefined;
    return { reason: "TaskStopped", message: `somebody else stopped the task: ${message}` };
  }
  return began && stopCode !== undefined && takenAway.has(stopCode) ? { reason: stopCode, message } : undefined;
}

/** That AWS has taken a task of which nothing has run: no end of the pod, which is launched again, and worth an event. */
export function takenEarly({ stopCode, stoppedReason }: Ended, began: boolean): Disruption | undefined {
  const message = stoppedReason ?? "ECS gave no reason";
  const code = stopCode !== undefined && takenAway.has(stopCode) ? stopCode : undefined;
  const reason = code ?? (isMaintenance(message) ? "TaskRetirement" : undefined);
  if (began || reason === undefined) return undefined;
  return { reason, message: `AWS took the task before anything of it had run, so it is launched again: ${message}` };
}

const takenAway: ReadonlySet<string> = new Set(["SpotInterruption", "TerminationNotice", "InfrastructureHealth"]);

const isMaintenance = (text: string): boolean => /performing maintenance|scheduled for retirement/i.test(text);

const waiting = (reason: string, message: string): Waiting => ({ is: "waiting", reason, message });
