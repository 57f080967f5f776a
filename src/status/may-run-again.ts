import type { ContainerKind } from "../model/task-state.ts";

/**
 * Does the pod's restart policy allow this container another run after this end? An unknown exit code counts as failure.
 * The API server refuses every status that leaves an end which this forbids to leave.
 */
export function mayRunAgain(kind: ContainerKind, restartPolicy: string, exitCode: number | undefined): boolean {
  switch (kind) {
    case "sidecar":
      return true;
    case "ephemeral":
      return false;
    case "init":
      return exitCode !== 0 && restartPolicy !== "Never";
    case "main":
      return restartPolicy === "Always" || (restartPolicy === "OnFailure" && exitCode !== 0);
  }
}
