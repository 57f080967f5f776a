/** What an invocation of a durable function has come to. Pure. */
import type { Ran } from "../invoke/environment.ts";
import type { ErrorObject, ExecutionEnd } from "./execution.ts";

export type Verdict =
  | ExecutionEnd
  | { readonly status: "PENDING" }
  | { readonly status: "BROKEN"; readonly error: ErrorObject };

/** BROKEN: it has thrown, its process has ended or it took too long; then it depends on Lambda whether it goes on. */
export function verdictOf({ functionError, payload }: Pick<Ran, "functionError" | "payload">): Verdict {
  const value = objectIn(payload);
  if (functionError !== undefined) {
    const { errorType, errorMessage = payload } = value as { errorType?: string; errorMessage?: string };
    return { status: "BROKEN", error: { ErrorType: errorType, ErrorMessage: errorMessage } };
  }
  const { Status, Result, Error } = value as { Status?: unknown; Result?: unknown; Error?: ErrorObject };
  switch (Status) {
    case "SUCCEEDED":
      return { status: "SUCCEEDED", result: typeof Result === "string" ? Result : undefined };
    case "FAILED":
      return { status: "FAILED", error: Error ?? {} };
    case "PENDING":
      return { status: "PENDING" };
    default:
      return {
        status: "FAILED",
        error: {
          ErrorType: "InvalidParameterValueException",
          ErrorMessage:
            "Invalid Status in invocation output: the function does not speak the protocol of durable executions",
        },
      };
  }
}

function objectIn(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
