import { chmodSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import type { Log } from "../../../../../src/provider.ts";
import { placeOf } from "../container/run.ts";
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
import type { Commands } from "../streams/commands.ts";
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
    socket.on("error", (error) => log.debug("client connection failed", { error: error.message }));
    socket.on("close", () => clients.delete(socket));
    hear(socket, { supervisor, abilities, shutDown });
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

interface Served {
  readonly supervisor: Supervisor;
  readonly abilities: Abilities;
  shutDown(asker: Socket): Promise<void>;
}

/** Answers one client. */
function hear(socket: Socket, { supervisor, abilities, shutDown }: Served): void {
  const send = (message: Message): void => {
    if (socket.writableLength > maxBacklog) socket.destroy();
    else socket.write(`${encode(message)}\n`);
  };
  let unsubscribe: () => void = () => undefined;
  const commands = supervisor.commands();
  socket.on("close", () => {
    unsubscribe();
    commands.abandon();
  });
  const attach = (id: number, { stdin, ...ref }: Methods["attach"]["params"]): void => {
    const run = supervisor.running(ref);
    // The answer is the last line: from here on the connection is the run's.
    socket.off("data", onData);
    send({ id, result: { tty: run.tty } satisfies Methods["attach"]["result"] });
    run.attach(socket, { stdin });
  };
  const answer = async ({ id, method, params }: Request): Promise<void> => {
    try {
      if (method === "attach") return attach(id, params as Methods["attach"]["params"]);
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
      send({ id, result: await call({ supervisor, abilities, commands }, method, params) });
    } catch (error) {
      send(errorMessage(id, error));
    }
  };
  const onData = lineFramer((line) => void answer(decode(line) as Request));
  socket.on("data", onData);
}

async function call(
  { supervisor, abilities, commands }: Pick<Served, "supervisor" | "abilities"> & { readonly commands: Commands },
  method: Exclude<Request["method"], "subscribe" | "shutdown" | "attach">,
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
    case "kill": {
      const { graceSeconds, ...run } = params as Methods["kill"]["params"];
      supervisor.kill(run, graceSeconds);
      return null;
    }
    case "passStartup":
      supervisor.passStartup(params as Methods["passStartup"]["params"]);
      return null;
    case "add": {
      const { identity, containers } = params as Methods["add"]["params"];
      supervisor.add(identity, containers);
      return null;
    }
    case "update": {
      const { identity, files } = params as Methods["update"]["params"];
      await supervisor.update(identity, files);
      return null;
    }
    case "list":
      return supervisor.list();
    case "stats":
      return supervisor.stats();
    case "place": {
      const { command, ...ref } = params as Methods["place"]["params"];
      return commands.begin(command, placeOf(supervisor.running(ref)));
    }
    case "left":
      commands.end((params as Methods["left"]["params"]).command);
      return null;
    case "resize": {
      const { columns, rows, ...ref } = params as Methods["resize"]["params"];
      supervisor.running(ref).resize(columns, rows);
      return null;
    }
    case "network":
      return supervisor.network((params as Methods["network"]["params"]).identity);
  }
}
