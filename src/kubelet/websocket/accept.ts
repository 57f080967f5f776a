import type { IncomingMessage } from "node:http";

import { WebSocketServer, type WebSocket } from "ws";

import { failure, type Answer } from "../answer.ts";
import type { UpgradableConnection } from "../upgrade/stream-request.ts";

/** As golang.org/x/net/websocket, which the kubelet uses: some clients send a whole file as one message. */
const longestMessage = 32 << 20;

/** Completes a WebSocket's handshake with this subprotocol (empty: none is named), or resolves with a refusal. */
export function acceptWebSocket(
  req: IncomingMessage,
  { socket, head }: UpgradableConnection,
  protocol: string,
): Promise<WebSocket | Answer> {
  return new Promise((resolve) => {
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: longestMessage,
    });
    // `ws` would check the client's list against HTTP's grammar, which `SPDY/3.1+portforward.k8s.io` breaks, and take
    // its first entry, which may be a bearer token. The list was read already: it is told our choice alone.
    delete req.headers["sec-websocket-protocol"];
    server.on("headers", (lines) => {
      if (protocol !== "") lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
    });
    server.on("wsClientError", (error) => resolve(failure(400, "BadRequest", `unable to upgrade: ${error.message}`)));
    // A client that has left meanwhile is called back by nobody.
    const left = failure(400, "BadRequest", "unable to upgrade: the client is gone");
    if (socket.destroyed) return resolve(left);
    socket.once("close", () => resolve(left));
    server.handleUpgrade(req, socket, head, resolve);
  });
}
