import type { z } from "zod";
import { ApiError, notSimulated } from "../../server/service.ts";

type Issue = z.core.$ZodIssue;

/**
 * The members of a request, or the error of AWS. `type`: what this operation calls a wrong parameter. AWS leaves out
 * members that it does not know; the stand-in refuses them, or a test would pass for nothing.
 */
export function read<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  operation: string,
  type = "InvalidParameterException",
): z.output<Schema> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  throw errorOf(result.error.issues[0], operation, type);
}

function errorOf(issue: Issue | undefined, operation: string, type: string): ApiError {
  if (issue === undefined) return new ApiError(type, "the request is wrong");
  const place = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    return notSimulated(`member ${[...issue.path, issue.keys[0]].join(".")} of ${operation}`);
  }
  if (issue.code === "invalid_type") {
    const isMissing = issue.input === undefined || issue.input === null;
    if (isMissing) return new ApiError(type, `${place} should not be null or empty.`);
    return new ApiError("SerializationException", `${place}: ${issue.message}`);
  }
  return new ApiError(type, place === "" ? issue.message : `${place}: ${issue.message}`);
}
