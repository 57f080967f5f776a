/** How a durable execution ended, as the end of the pod's container. Pure. */
import { constants } from "node:os";
import type { Terminated } from "../../../src/provider.ts";
import { endOfError } from "../outcome/ended.ts";
import type { Execution } from "./api.ts";

/** `undefined`: it has not ended, as far as its status tells. */
export function endOfExecution(execution: Execution): Terminated | undefined {
  const { status, startedAt, endedAt: finishedAt, error = { type: "", text: "" } } = execution;
  const times = { startedAt, finishedAt };
  switch (status) {
    case "SUCCEEDED":
      return { is: "terminated", exitCode: 0, reason: "Completed", ...times };
    case "FAILED":
      return { is: "terminated", ...endOfError(error, undefined), ...times };
    case "TIMED_OUT": {
      const message = "longer than the execution timeout of the function";
      return { is: "terminated", exitCode: 124, reason: "LambdaTimeout", message, ...times };
    }
    case "STOPPED": {
      const signal = constants.signals.SIGTERM;
      return { is: "terminated", exitCode: 128 + signal, signal, reason: "Stopped", ...times };
    }
    default:
      return undefined;
  }
}
