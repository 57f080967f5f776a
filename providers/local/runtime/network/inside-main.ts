/**
 * Runs inside a task's network namespace: connects to its loopback and hands the connected socket out over the
 * channel. A socket stays in the namespace it was made in, so this process never sees a byte of what flows.
 */
import { connect, type Socket } from "node:net";
import type { ConnectAnswer, ConnectRequest } from "./protocol.ts";

/** Where the kubelet's runtimes look, in their order. */
const hosts = ["127.0.0.1", "::1"];

async function answer({ id, port }: ConnectRequest): Promise<void> {
  let error = "ECONNREFUSED";
  for (const host of hosts) {
    try {
      const socket = await connected(host, port);
      send({ id }, socket);
      return;
    } catch (failure) {
      const { code } = failure as NodeJS.ErrnoException;
      // A namespace without addresses of version 6 is no news.
      if (code !== undefined && code !== "EADDRNOTAVAIL") error = code;
    }
  }
  send({ id, error });
}

function connected(host: string, port: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ host, port, allowHalfOpen: true });
  // Whoever gets it reads from the first byte.
  socket.pause();
  socket.once("error", reject);
  socket.once("connect", () => resolve(socket));
  return promise;
}

function send(message: ConnectAnswer, socket?: Socket): void {
  process.send?.(message, socket, {}, () => undefined);
}

process.on("message", (request: ConnectRequest) => void answer(request));
process.on("disconnect", () => process.exit());
