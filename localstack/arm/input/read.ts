import type { z } from "zod";
import { notSimulated } from "../../server/service.ts";
import { invalid } from "../errors.ts";

/**
 * The body of a request, or why Azure would refuse it. What Azure can do and the stand-in cannot is refused loudly: a test
 * would otherwise pass for nothing.
 */
export function readBody<Schema extends z.ZodType>(schema: Schema, body: string, what: string): z.output<Schema> {
  let given: unknown;
  try {
    given = body === "" ? {} : JSON.parse(body);
  } catch {
    throw invalid("InvalidRequestContent", "The request content was invalid and could not be deserialized.");
  }
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === "unrecognized_keys") throw notSimulated(`${[...issue.path, issue.keys[0]].join(".")} of ${what}`);
  const place = issue?.path.map(String).join(".") ?? "";
  throw invalid("InvalidRequestContent", `The request content was invalid: ${place}: ${issue?.message}`, place);
}
