/** What answers one request of the kubelet API, and what it is given. `handlers.ts` has them all, by route. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock, Log, Provider } from "../provider.ts";
import type { HealthCheck } from "../telemetry/health.ts";
import type { NodeView } from "./metrics/view.ts";
import type { PodLookup } from "./pod-lookup.ts";

/** One admitted request. */
export interface KubeletRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Aborts when the client is gone or the server closes. */
  readonly signal: AbortSignal;
}

/** What the handlers of one virtual node share. */
export interface HandlerContext {
  readonly nodeName: string;
  readonly pods: PodLookup;
  readonly provider: Provider;
  readonly health: readonly HealthCheck[];
  readonly view: NodeView;
  readonly clock: Clock;
  readonly log: Log;
}

/** Rejecting is answered 500 when nothing was sent yet. */
export type Handler = (request: KubeletRequest, context: HandlerContext) => Promise<void> | void;
