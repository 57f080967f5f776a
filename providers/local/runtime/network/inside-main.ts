/**
 * Runs inside a task's network namespace: connects to servers there and hands the connected socket out over the
 * channel. A socket stays in the namespace it was made in, so this process never sees a byte of what flows.
 */
import { connect, type Socket } from "node:net";
import type { ConnectAnswer, ConnectRequest } from "./protocol.ts";

async function answer({ id, port, hosts }: ConnectRequest): Promise<void> {
  const errors: string[] = [];
  for (const host of hosts) {
    try {
      const socket = await connected(host, port);
      send({ id }, socket);
      return;
    } catch (error) {
      errors.push(`${host}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
    }
  }
  send({ id, error: errors.join(", ") });
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
