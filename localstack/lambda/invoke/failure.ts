/** What Invoke answers of a function that did not return: texts of AWS's runtime interface emulator where it has them. Pure. */
import type { Scenario } from "../../scenario/schema.ts";
import { isoTime } from "../names.ts";
import type { WorkEnd } from "../sandbox/sandbox.ts";

/** Bytes that a function may return: 6 MB and a hundred more. */
const mostReturned = 6_291_556;

export interface Failure {
  readonly errorType: string;
  /** JSON, or the bare text. */
  readonly payload: string;
  /** Lines for the log. */
  readonly lines: readonly string[];
}

type Switches = Scenario["switches"];

/** `undefined`: it has returned, and what it has is not too large. */
export function failureOf(end: WorkEnd, requestId: string, switches: Switches): Failure | undefined {
  switch (end.is) {
    case "returned": {
      if (Buffer.byteLength(end.payload) <= mostReturned) return undefined;
      const errorMessage = `Response payload size exceeded maximum allowed payload size (${mostReturned} bytes).`;
      return failure("Function.ResponseSizeTooLarge", errorMessage, []);
    }
    case "error":
      return { errorType: typeOf(end.payload), payload: end.payload, lines: [] };
    case "exited": {
      const errorType = end.full ? switches.memoryAnswer : "Runtime.ExitError";
      const told =
        end.how === "" ? "Runtime exited without providing a reason" : `Runtime exited with error: ${end.how}`;
      const errorMessage = `RequestId: ${requestId} Error: ${told}`;
      return failure(errorType, errorMessage, [errorMessage, errorType]);
    }
  }
}

export function timeoutOf(requestId: string, seconds: number, time: number, switches: Switches): Failure {
  const told = `Task timed out after ${seconds.toFixed(2)} seconds`;
  const line = `${isoTime(time)} ${requestId} ${told}`;
  const errorType = "Sandbox.Timedout";
  switch (switches.timeoutAnswer) {
    case "Sandbox.Timedout":
      return failure(errorType, `RequestId: ${requestId} Error: ${told}`, [line]);
    case "untyped":
      return { errorType, payload: JSON.stringify({ errorMessage: line }), lines: [line] };
    case "bare":
      return { errorType, payload: told, lines: [line] };
  }
}

function failure(errorType: string, errorMessage: string, lines: readonly string[]): Failure {
  return { errorType, payload: JSON.stringify({ errorType, errorMessage }), lines };
}

function typeOf(payload: string): string {
  try {
    const { errorType } = JSON.parse(payload) as { errorType?: unknown };
    return typeof errorType === "string" ? errorType : "Unhandled";
  } catch {
    return "Unhandled";
  }
}
