import type { WebSocket } from "ws";

import type { Clock } from "../../provider.ts";

/** A connection that is not read, because a channel is full, shows its end only when something is written to it. */
const pingMs = 15_000;
/** The kubelet's streamingConnectionIdleTimeout; pings do not count. */
const idleMs = 4 * 60 * 60_000;

/** Pings the client until the connection closes, and closes it when it was idle. Call the result at every message. */
export function keepAlive(ws: WebSocket, clock: Clock): () => void {
  let usedAt = clock.monotonic();
  const ping = (): void => {
    if (clock.monotonic() - usedAt >= idleMs) return ws.close(1001, "idle for 4 hours");
    ws.ping();
    cancel = clock.after(pingMs, ping);
  };
  let cancel = clock.after(pingMs, ping);
  ws.once("close", () => cancel());
  return () => {
    usedAt = clock.monotonic();
  };
}
