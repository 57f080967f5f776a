import { rfc3339Nano } from "../../src/model/clock.ts";
import { ApiError } from "../server/service.ts";

/** ARNs and names of Lambda, and what they say. */
export interface Place {
  readonly region: string;
  readonly account: string;
}

export interface FunctionReference {
  readonly name: string;
  /** Version or alias, as asked for. */
  readonly qualifier: string | undefined;
}

/** `name`, `123456789012:function:name` or a whole ARN, each with or without qualifier (API reference, Invoke). */
const form =
  /^(?:(?:arn:aws[\w-]*:lambda:)?(?:[a-z]{2}[a-z-]*-\d:)?(?:\d{12}:)?(?:function:)?)(?<name>[\w-]{1,140})(?::(?<qualifier>\$LATEST|[\w-]{1,128}))?$/;

/** Throws ApiError where this is no name, or where name and qualifier say different things. */
export function referenceOf(nameOrArn: string, asked: string | undefined): FunctionReference {
  const { name, qualifier } = form.exec(nameOrArn)?.groups ?? {};
  if (name === undefined) throw new ApiError("InvalidParameterValueException", `${nameOrArn} is no name of a function`);
  if (asked !== undefined && qualifier !== undefined && asked !== qualifier)
    throw new ApiError(
      "InvalidParameterValueException",
      "The derived qualifier from the function name does not match the specified qualifier.",
    );
  return { name, qualifier: asked ?? qualifier };
}

export function functionArn({ region, account }: Place, { name, qualifier }: FunctionReference): string {
  const whole = `arn:aws:lambda:${region}:${account}:function:${name}`;
  return qualifier === undefined ? whole : `${whole}:${qualifier}`;
}

/** Of one durable execution (API reference, Execution). `id`: of this one, where names come again. */
export function executionArn(versionArn: string, name: string, id: string): string {
  return `${versionArn}/durable-execution/${name}/${id}`;
}

/** `2026-11-26T07:43:16.123Z`, as in logs. */
export const isoTime = (ms: number): string => `${rfc3339Nano(ms).slice(0, 23)}Z`;

/** Seconds since 1970 with milliseconds, as restJson1 writes a time in a body. */
export const seconds = (ms: number): number => Math.round(ms) / 1000;
