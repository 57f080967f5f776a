import type { Duplex } from "node:stream";

import type { UpgradableConnection } from "./stream-request.ts";

/** Answers 101. From here on the connection speaks SPDY, beginning with what the client has already sent. */
export function switchToSpdy({ socket, head }: UpgradableConnection, protocol: string): Duplex {
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Connection: Upgrade",
    "Upgrade: SPDY/3.1",
    `X-Stream-Protocol-Version: ${protocol}`,
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  if (head.length > 0) socket.unshift(head);
  return socket;
}
