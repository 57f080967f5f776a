import { ServerResponse, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

import type { Clock, Log } from "../../provider.ts";
import { failure, send, type Answer } from "../answer.ts";
import type { Admit } from "../auth/admit.ts";
import type { Direct } from "../destination.ts";
import { portForward } from "../port-forward/port-forward.ts";
import type { RouteName } from "../routes.ts";
import { attach } from "../stream/attach.ts";
import { exec } from "../stream/exec.ts";
import type { StreamHandler } from "./stream-request.ts";

/** How long streams may take to tell their clients that the server closes. */
const farewellMs = 2_000;
/** How long a refused client may take to read why. */
const lingerMs = 1_000;
/** A client whose machine died says nothing for ever; the command it left behind must not run as long. */
const probeMs = 30_000;

const streams: Partial<Record<RouteName, StreamHandler>> = { exec, attach, portForward };

/** Does this request's path lead to a stream? */
export function leadsToStream(direct: Direct, req: IncomingMessage): boolean {
  return streams[direct((req.url ?? "").split("?")[0] ?? "").route.name] !== undefined;
}

export interface Upgrades {
  /** Takes over a connection that wants to become a stream. */
  begin(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Tells every stream's client why it ends, then ends its connection: the HTTP server does not know them any more. */
  close(): Promise<void>;
}

export function createUpgrades(options: { readonly admit: Admit; readonly clock: Clock; readonly log: Log }): Upgrades {
  const { admit, clock, log } = options;
  const stop = new AbortController();
  const open = new Map<Socket, Promise<void>>();

  const serve = async (req: IncomingMessage, socket: Socket, head: Buffer): Promise<Answer | undefined> => {
    const outcome = await admit(req);
    if ("status" in outcome) return outcome;
    const { node, route, query } = outcome;
    const handler = streams[route.name];
    if (handler === undefined) return failure(400, "BadRequest", "this path does not lead to a stream");
    const connection = { socket, head };
    return handler({ req, params: route.params, query, connection, stop: stop.signal }, node);
  };

  return {
    begin(req, duplex, head) {
      // The connections of an HTTPS server are TLS sockets.
      const socket = duplex as Socket;
      // Without a listener an error on the connection would end the process; every stream sees it by its own means.
      socket.on("error", () => undefined);
      socket.setKeepAlive(true, probeMs);
      const done = serve(req, socket, head)
        .then((answer) => (answer === undefined ? socket.destroySoon() : refuse(req, socket, answer, clock)))
        .catch((err: unknown) => {
          log.error("A stream of the kubelet API failed", { err, path: req.url?.split("?")[0] });
          socket.destroy();
        })
        .finally(() => open.delete(socket));
      open.set(socket, done);
    },
    async close() {
      stop.abort(new Error("the virtual node's kubelet API is closing"));
      const told = Promise.all(open.values());
      const enough = Promise.withResolvers<void>();
      const cancel = clock.after(farewellMs, enough.resolve);
      await Promise.race([told, enough.promise]);
      cancel();
      for (const socket of open.keys()) socket.destroy();
      await told;
    },
  };
}

/** An answer in HTTP on a connection that Node has let go of. */
async function refuse(req: IncomingMessage, socket: Socket, answer: Answer, clock: Clock): Promise<void> {
  if (socket.destroyed) return;
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(socket);
  res.on("finish", () => {
    res.detachSocket(socket);
    socket.end();
  });
  send(res, answer);
  // What the client still sends is read: closing a connection with unread bytes resets it, and takes the answer away.
  socket.resume();
  const cancel = clock.after(lingerMs, () => socket.destroy());
  await closed;
  cancel();
}
