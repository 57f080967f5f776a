/** A node with one pod that has a big file and serves as much on a port of its loopback. */
import type { Arena, NodeProcess } from "../sides/side.ts";

export type StreamSideName = "burstlet" | "cri-streaming";

export interface StreamSide {
  readonly name: StreamSideName;
  /** Starts the node and brings the pod up. */
  start(arena: Arena, megabytes: number): Promise<StreamNode>;
}

export interface StreamNode extends NodeProcess {
  /** In the namespace `default`. */
  readonly pod: string;
  /** The big file, as the pod's commands see it. */
  readonly file: string;
}

/** Sends the bytes to everybody who connects, and closes. */
export const sourcePort = 7002;

/** For Node, as the one program that serves on both sides. */
export const sourceServer = (megabytes: number): string => `
const { createServer } = require("node:net");
const block = Buffer.alloc(2 ** 20, "burst");
// Who asks may close his half at once.
createServer({ allowHalfOpen: true }, (socket) => {
  let left = ${megabytes};
  const send = () => {
    while (left > 0) {
      left -= 1;
      if (!socket.write(block) && left > 0) return void socket.once("drain", send);
    }
    socket.end();
  };
  socket.on("error", () => undefined);
  socket.resume();
  send();
}).listen(${sourcePort}, "127.0.0.1");
`;
