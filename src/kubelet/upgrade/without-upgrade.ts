import { send } from "../answer.ts";
import type { Handler } from "../handler.ts";
import type { StreamHandler } from "./stream-request.ts";

/** A stream's path asked for as a plain request: the same checks, and the refusal they end in. */
export function withoutUpgrade(stream: StreamHandler): Handler {
  return async ({ req, res, params, query, signal }, context) => {
    const answer = await stream({ req, params, query, connection: undefined, stop: signal }, context);
    if (answer !== undefined) send(res, answer);
  };
}
