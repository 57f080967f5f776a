import { constants } from "node:os";
import type { Terminated } from "../../../../../src/provider.ts";

/** What a shell and every container runtime add to the number of a signal. */
const signalBase = 128;

export interface ExitFacts {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly oomKilled: boolean;
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** The end of a run as the kubelet would report it. */
export function endOfRun({ code, signal, oomKilled, startedAt, finishedAt }: ExitFacts): Terminated {
  const times = { startedAt, finishedAt };
  if (signal !== null) {
    const number = constants.signals[signal];
    const reason = oomKilled && signal === "SIGKILL" ? "OOMKilled" : "Error";
    return { is: "terminated", exitCode: signalBase + number, signal: number, reason, ...times };
  }
  if (code === null) return unknownEnd(startedAt, finishedAt);
  // A shell outlives its child that ran out of memory and passes the verdict on as 137.
  const reason =
    oomKilled && code === signalBase + constants.signals.SIGKILL ? "OOMKilled" : code === 0 ? "Completed" : "Error";
  return { is: "terminated", exitCode: code, reason, ...times };
}

/** containerd's code and reason for a command that cannot be executed; 127 would come from a shell. */
export function startError(message: string, startedAt: number, finishedAt: number): Terminated {
  return { is: "terminated", exitCode: 128, reason: "StartError", message, startedAt, finishedAt };
}

/** Its supervisor died or lost it: the run has ended, and nobody knows how, or when. */
export function unknownEnd(startedAt: number | undefined, finishedAt: number | undefined): Terminated {
  return {
    is: "terminated",
    exitCode: undefined,
    reason: "ContainerStatusUnknown",
    message: "the supervisor of the process runtime lost the container while it ran; its exit code is not known",
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
  };
}
