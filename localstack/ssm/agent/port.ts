/** The agent's port plugin for clients that know streams within the session. */
import type { Duplex } from "node:stream";
import { contents } from "../frames.ts";
import { AGENT_PAYLOAD } from "../agent-channel.ts";
import type { Agent } from "./agent.ts";
import { createMuxReader, muxCommands, muxFrame } from "./mux.ts";

const CONNECT_ERROR = 3;
const TERMINATE = 2;

export async function forwardPort(agent: Agent, port: number): Promise<void> {
  await agent.channel.shake("Port", { portNumber: String(port), type: "LocalPortForwarding" });
  const read = createMuxReader();
  const open = new Map<number, Duplex | undefined>();
  const waiting = new Map<number, Buffer[]>();
  const say = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length; at += AGENT_PAYLOAD)
      agent.channel.send(contents.data, bytes.subarray(at, at + AGENT_PAYLOAD));
  };
  const connect = async (stream: number): Promise<void> => {
    open.set(stream, undefined);
    waiting.set(stream, []);
    try {
      const socket = await agent.forward(port);
      if (!open.has(stream)) return void socket.destroy();
      open.set(stream, socket);
      socket.on("error", () => undefined);
      for (const data of waiting.get(stream) ?? []) socket.write(data);
      for await (const data of socket as AsyncIterable<Buffer>) {
        for (let at = 0; at < data.length; at += 32_768) {
          await agent.room();
          say(muxFrame("data", stream, data.subarray(at, at + 32_768)));
        }
      }
    } catch {
      if (open.get(stream) === undefined) {
        const flag = Buffer.alloc(4);
        flag.writeUInt32BE(CONNECT_ERROR);
        agent.channel.send(contents.flag, flag);
      }
    }
    // Either half's end is the end of both.
    open.get(stream)?.destroy();
    open.delete(stream);
    say(muxFrame("end", stream));
  };
  const ended = Promise.withResolvers<void>();
  agent.onEnd(ended.resolve);
  agent.input = (content, body) => {
    if (content === contents.flag && body.readUInt32BE(0) === TERMINATE) ended.resolve();
    if (content !== contents.data) return true;
    for (const { command, stream, data } of read(body)) {
      if (command === muxCommands.open) void connect(stream);
      else if (command === muxCommands.end) {
        open.get(stream)?.destroy();
        open.delete(stream);
      } else if (command === muxCommands.data) {
        const socket = open.get(stream);
        if (socket === undefined) waiting.get(stream)?.push(data);
        else socket.write(data);
      }
    }
    return true;
  };
  await ended.promise;
  for (const socket of open.values()) socket?.destroy();
  await agent.channel.close("");
}
