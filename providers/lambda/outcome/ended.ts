/** How an invocation ended that Lambda has answered: exit code, reason and message of the pod's container. Pure. */
import { constants } from "node:os";
import type { Terminated } from "../../../src/provider.ts";
import { type Report, reportIn } from "./report-line.ts";

/** Of Invoke with status 200. */
export interface Answer {
  /** Lambda's own id of the invocation, as it is in the function's log. */
  readonly requestId: string;
  /** `undefined`: the function returned. Else Lambda's word for who reports the error. */
  readonly functionError: string | undefined;
  readonly payload: string;
  /** The last 4 KB of the log. */
  readonly tail: string;
}

type End = Pick<Terminated, "exitCode" | "signal" | "reason" | "message">;

/** Of one message in a pod's status. */
const longestMessage = 4_096;
const timedOutCode = 124;

/**
 * Texts: Runtime.ExitError and "Task timed out" are those of AWS's own runtime interface emulator, which was run;
 * Sandbox.Timedout, Runtime.OutOfMemory and "signal: killed" are unverified, so several forms of each are read.
 */
export function endOf(answer: Answer): End {
  if (answer.functionError === undefined) return { exitCode: 0, reason: "Completed" };
  return endOfError(errorOf(answer.payload), reportIn(answer.tail));
}

/** `report`: of the end of its log, which says how much memory was used. */
export function endOfError(
  { type, text }: { readonly type: string; readonly text: string },
  report: Report | undefined,
): End {
  const message = (type === "" ? text : `${type}: ${text}`).slice(0, longestMessage);
  if (type === "Sandbox.Timedout" || /\bTask timed out after [\d.]+ seconds/.test(text))
    return { exitCode: timedOutCode, reason: "LambdaTimeout", message };
  if (type === "Runtime.OutOfMemory") return { ...killed, reason: "OOMKilled", message };
  if (!exitErrors.has(type)) return { exitCode: 1, reason: "Error", message };
  return { ...exitOf(text, report), message };
}

/** Lambda's own for a process that ended before it answered, and that of the handlers of deploy/lambda for a command. */
const exitErrors: ReadonlySet<string> = new Set(["Runtime.ExitError", "BurstletExit"]);

const killed = { exitCode: 128 + constants.signals.SIGKILL, signal: constants.signals.SIGKILL } as const;

function exitOf(text: string, report: Report | undefined): Pick<Terminated, "exitCode" | "signal" | "reason"> {
  const wasFull = report !== undefined && report.maxMemory >= report.memorySize;
  const [, status] = /exit status (\d+)/.exec(text) ?? [];
  // As a shell tells of a program of its own that was killed.
  if (Number(status) === killed.exitCode && wasFull) return { exitCode: killed.exitCode, reason: "OOMKilled" };
  // Whoever ends with 0 before it has answered has not done what it was asked for.
  if (status !== undefined) return { exitCode: Number(status) === 0 ? 1 : Number(status), reason: "Error" };
  const [, name = ""] = /signal: ([a-z ]+)/.exec(text) ?? [];
  const signal = signals[name.trim()];
  if (signal === undefined) return { exitCode: 1, reason: "Error" };
  if (signal === killed.signal && wasFull) return { ...killed, reason: "OOMKilled" };
  return { exitCode: 128 + signal, signal, reason: "Error" };
}

/** As Go writes them, in which Lambda's supervisor of processes is written. */
const signals: Readonly<Record<string, number>> = {
  hangup: constants.signals.SIGHUP,
  interrupt: constants.signals.SIGINT,
  quit: constants.signals.SIGQUIT,
  "illegal instruction": constants.signals.SIGILL,
  aborted: constants.signals.SIGABRT,
  "bus error": constants.signals.SIGBUS,
  "floating point exception": constants.signals.SIGFPE,
  killed: constants.signals.SIGKILL,
  "segmentation fault": constants.signals.SIGSEGV,
  terminated: constants.signals.SIGTERM,
};

/** `{errorType, errorMessage}`, or whatever text there is. */
function errorOf(payload: string): { readonly type: string; readonly text: string } {
  try {
    const value = JSON.parse(payload) as { errorType?: unknown; errorMessage?: unknown } | null;
    if (typeof value === "object" && value !== null) {
      const { errorType: type, errorMessage: text } = value;
      if (typeof type === "string" || typeof text === "string")
        return { type: typeof type === "string" ? type : "", text: typeof text === "string" ? text : "" };
    }
  } catch {
    // The runtime interface emulator answers with the bare text.
  }
  return { type: "", text: payload };
}
