import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import type { Answer } from "../answer.ts";
import type { HandlerContext } from "../handler.ts";

/** One admitted request for a stream. */
export interface StreamRequest {
  readonly req: IncomingMessage;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Absent where the client asked for no upgrade: that ends in an answer, after the other checks. */
  readonly connection: UpgradableConnection | undefined;
  /** Aborts when the server closes; its reason is told to the client. */
  readonly stop: AbortSignal;
}

export interface UpgradableConnection {
  readonly socket: Duplex;
  /** What the client sent behind its request. */
  readonly head: Buffer;
}

/**
 * Resolves with a refusal while the connection still speaks HTTP, or with nothing once the stream has ended.
 * Rejecting destroys the connection, or is answered 500 while that is possible.
 */
export type StreamHandler = (request: StreamRequest, context: HandlerContext) => Promise<Answer | undefined>;
