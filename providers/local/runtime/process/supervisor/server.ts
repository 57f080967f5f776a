import { chmodSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import type { Log } from "../../../../../src/provider.ts";
import {
  decode,
  encode,
  errorMessage,
  lineFramer,
  protocolVersion,
  type Abilities,
  type Message,
  type Methods,
  type Request,
} from "../protocol.ts";
import { socketName } from "../paths.ts";
import type { Supervisor } from "./supervisor.ts";

export interface Server {
  clients(): number;
  /** Hears nobody any more but this one client. */
  close(last?: Socket): void;
}

/** A client that reads nothing while this much waits for it is dropped; it will come back and ask afresh. */
const maxBacklog = 32 * 1024 * 1024;

/**
 * Serves the supervisor on its socket in the working directory: a relative name, because the path of a socket may
 * have 107 bytes only (unix(7)).
 */
export async function serve(
  supervisor: Supervisor,
  abilities: Abilities,
  log: Log,
  shutDown: (asker: Socket) => Promise<void>,
): Promise<Server> {
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    clients.add(socket);
    const send = (message: Message): void => {
      if (socket.writableLength > maxBacklog) socket.destroy();
      else socket.write(`${encode(message)}\n`);
    };
    let unsubscribe: () => void = () => undefined;
    const answer = async ({ id, method, params }: Request): Promise<void> => {
      try {
        if (method === "subscribe") {
          unsubscribe();
          send({ id, result: null });
          unsubscribe = supervisor.subscribe(send);
          return;
        }
        if (method === "shutdown") {
          await shutDown(socket);
          send({ id, result: null });
          return;
        }
        send({ id, result: await call(supervisor, abilities, method, params) });
      } catch (error) {
        send(errorMessage(id, error));
      }
    };
    socket.on(
      "data",
      lineFramer((line) => void answer(decode(line) as Request)),
    );
    socket.on("error", (error) => log.debug("client connection failed", { error: error.message }));
    socket.on("close", () => {
      unsubscribe();
      clients.delete(socket);
    });
  });
  rmSync(socketName, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketName, resolve);
  });
  chmodSync(socketName, 0o600);
  return {
    clients: () => clients.size,
    close(last) {
      server.close();
      for (const socket of clients) if (socket !== last) socket.destroy();
    },
  };
}

async function call(
  supervisor: Supervisor,
  abilities: Abilities,
  method: Exclude<Request["method"], "subscribe" | "shutdown">,
  params: unknown,
): Promise<unknown> {
  switch (method) {
    case "hello":
      return { protocol: protocolVersion, pid: process.pid, abilities } satisfies Methods["hello"]["result"];
    case "start": {
      const { spec, hostIP } = params as Methods["start"]["params"];
      return supervisor.start(spec, hostIP);
    }
    case "stop": {
      const { identity, ...how } = params as Methods["stop"]["params"];
      return supervisor.stop(identity, how);
    }
    case "restart": {
      const { identity, container, instance } = params as Methods["restart"]["params"];
      supervisor.restart(identity, container, instance);
      return null;
    }
    case "list":
      return supervisor.list();
    case "stats":
      return supervisor.stats();
  }
}
