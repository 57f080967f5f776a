/** How a client asks for a stream, and in which of its protocols it is answered. Pure. */
import type { IncomingHttpHeaders } from "node:http";

import { failure, type Answer } from "../answer.ts";
import type { StreamRequest, UpgradableConnection } from "./stream-request.ts";

/** What a client can turn its connection into. */
export interface Transport {
  readonly transport: "websocket" | "spdy";
  readonly connection: UpgradableConnection;
}

/** The transport that the request asks for, or the kubelet's 400 for those that ask for none. */
export function transportOf({ req, connection }: StreamRequest): Transport | Answer {
  const upgrade = (req.headers.upgrade ?? "").toLowerCase();
  if (connection !== undefined) {
    if (upgrade === "websocket") return { transport: "websocket", connection };
    if (upgrade.includes("spdy/3.1")) return { transport: "spdy", connection };
  }
  return failure(400, "BadRequest", "unable to upgrade: the request asks for neither SPDY/3.1 nor a WebSocket");
}

/** The first protocol of the client's list that is supported (k8s.io/apimachinery pkg/util/httpstream). */
export function negotiateSpdy(headers: IncomingHttpHeaders, supported: readonly string[]): string | Answer {
  // Several lines of this header arrive as one, joined by commas.
  const offered = listOf(headers["x-stream-protocol-version"]);
  if (offered.length === 0) {
    return failure(400, "BadRequest", "unable to upgrade: the header X-Stream-Protocol-Version is required");
  }
  return offered.find((name) => supported.includes(name)) ?? noneInCommon(offered, supported);
}

/** In place of a subprotocol: the client offered none, and gets none named. */
export const unnamed = "";

/**
 * The first subprotocol of the client's list that is supported. A bearer token travels in the same header: it is no
 * protocol, and is never chosen, since the chosen one is echoed.
 */
export function negotiateWebSocket(headers: IncomingHttpHeaders, supported: readonly string[]): string | Answer {
  const all = listOf(headers["sec-websocket-protocol"]);
  const offered = all.filter((name) => !name.startsWith("base64url.bearer.authorization.k8s.io."));
  const wanted = offered.length === 0 ? [unnamed] : offered;
  return wanted.find((name) => supported.includes(name)) ?? noneInCommon(offered, supported);
}

function noneInCommon(offered: readonly string[], supported: readonly string[]): Answer {
  const named = supported.filter((name) => name !== unnamed);
  const both = `the client offers [${offered.join(" ")}], this node speaks [${named.join(" ")}]`;
  return {
    ...failure(403, "Forbidden", `unable to upgrade: no stream protocol in common: ${both}`),
    headers: { "X-Accepted-Stream-Protocol-Versions": named.join(", ") },
  };
}

function listOf(header: string | readonly string[] | undefined): string[] {
  const joined = typeof header === "string" ? header : (header ?? []).join(",");
  return joined
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
