import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Runtime } from "../../../providers/local/runtime/runtime.ts";
import type { Clock } from "../../../src/model/clock.ts";
import { attached } from "./attach.ts";
import { executed, type Target } from "./exec.ts";

/** What a websocket that is promised by exec or attach leads to. */
export type Wish =
  | {
      readonly kind: "exec";
      readonly argv: readonly string[];
      readonly rows: number;
      readonly cols: number;
      /** `undefined`: nothing runs that a command could be executed in. */
      readonly target: Target | undefined;
    }
  | { readonly kind: "attach"; readonly target: Target | undefined; readonly password: "header" | "message" };

export interface Sessions {
  /** Path of the websocket, and what opens it. */
  promise(wish: Wish): { readonly path: string; readonly password: string };
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** Begins of their paths; the first is Azure's, the other one nobody has recorded. */
export const streamPrefixes = ["/execstream/", "/attachstream/"];

/** Seconds that a promise holds; how long Azure's do is not known. */
const validity = 600;

/** Each is for one connection. `newId`: 32 hexadecimal digits. */
export function createSessions(runtime: Runtime, clock: Clock, newId: () => string): Sessions {
  const promised = new Map<string, Wish & { readonly secret: string }>();
  const server = new WebSocketServer({ noServer: true });
  return {
    promise(wish) {
      const id = newId();
      const secret = `${newId()}${newId()}`;
      promised.set(id, { ...wish, secret });
      clock.after(validity * 1000, () => promised.delete(id));
      const size = wish.kind === "exec" ? `&rows=${wish.rows}&cols=${wish.cols}` : "";
      return { path: `/${wish.kind}stream/sessionId/${id}?api-version=1.0${size}`, password: secret };
    },
    upgrade(request, socket, head) {
      const id = /\/sessionId\/([0-9a-f]+)/.exec(request.url ?? "")?.[1] ?? "";
      const session = promised.get(id);
      promised.delete(id);
      if (session === undefined) return refuse(socket, "404 Not Found");
      const byHeader = session.kind === "attach" && session.password === "header";
      if (byHeader && request.headers.authorization !== session.secret) return refuse(socket, "401 Unauthorized");
      server.handleUpgrade(request, socket, head, (client) => {
        // A connection that breaks is closed next, and that is what counts.
        client.on("error", () => {});
        const begin = (): void => {
          if (session.kind === "exec") executed(runtime, client, session);
          else attached(runtime, client, session.target);
        };
        if (byHeader) return begin();
        client.once("message", (data: Buffer) => {
          if (data.toString("utf8") === session.secret) begin();
          else client.close(1008, "the password is wrong");
        });
      });
    },
  };
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n\r\n`);
}
