/** Why the container for files has failed, in words for the pod's owner. Pure. */
import type { Container, Task } from "@aws-sdk/client-ecs";
import type { Waiting } from "../../../src/provider.ts";
import { injectedName } from "./injected.ts";

/** The last of what a container has written. */
export interface Words {
  readonly text: string;
  /** They may be on their way to CloudWatch: worth another look. */
  readonly awaited: boolean;
}

export const noWords: Words = { text: "", awaited: false };

/** As far as it has failed by itself: what is stopped with its task, for whatever reason, has not. */
export function failedInjected({
  containers = [],
  stopCode,
}: Pick<Task, "containers" | "stopCode">): Container | undefined {
  if (stopCode !== undefined && !ownEnds.has(stopCode)) return undefined;
  const injected = containers.find(({ name }) => name === injectedName);
  if (injected?.lastStatus !== "STOPPED" || injected.exitCode === 0) return undefined;
  // Of one that has never begun ECS tells no code, and a reason only where it is its own.
  return injected.exitCode === undefined && injected.reason === undefined ? undefined : injected;
}

const ownEnds: ReadonlySet<string> = new Set(["EssentialContainerExited", "TaskFailedToStart"]);

/** What every container of the pod waits for then; told once its words are there. */
export function filesTrouble(task: Task, { text, awaited }: Words): Waiting | undefined {
  const failed = failedInjected(task);
  if (failed === undefined || awaited) return undefined;
  const { exitCode, reason } = failed;
  const end = exitCode === undefined ? "could not start" : `has failed with exit code ${exitCode}`;
  const words = [reason, text].filter((one) => one !== undefined && one !== "").join(": ");
  return {
    is: "waiting",
    reason: "CreateContainerConfigError",
    message: `${injectedName}, the container that writes the pod's files, ${end}${words === "" ? "" : `: ${words}`}`,
  };
}
