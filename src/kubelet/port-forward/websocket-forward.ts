import { Duplex } from "node:stream";

import type { WebSocketChannels } from "../websocket/channels.ts";
import { forwardConnection } from "./forward-connection.ts";
import { parsePort } from "./pairs.ts";

/** As many as a browser could want; each costs two buffers. */
const mostPorts = 64;

/** The ports that a client without SPDY asks for, or the problem: `port=80&port=443`, or `port=80,443`. */
export function parsePorts(query: URLSearchParams): readonly number[] | { readonly problem: string } {
  const texts = query.getAll("port").flatMap((list) => list.split(","));
  if (texts.length === 0) return { problem: 'query parameter "port" is required' };
  if (texts.length > mostPorts) return { problem: `at most ${mostPorts} ports at once` };
  const ports: number[] = [];
  for (const text of texts) {
    const port = parsePort(text.trim());
    if (port === undefined) return { problem: `query parameter "port" must be numbers from 1 to 65535, got "${text}"` };
    ports.push(port);
  }
  return ports;
}

/** Channel 2i carries the data of the ith port, 2i + 1 its error (k8s.io/cri-streaming portforward/websocket.go). */
export const dataChannel = (index: number): number => 2 * index;

/** One connection a port. Resolves when all of them have ended or the client is gone; aborting `stop` ends them. */
export async function webSocketForward(
  channels: WebSocketChannels,
  ports: readonly number[],
  dial: (port: number, signal: AbortSignal) => Promise<Duplex>,
  stop: AbortSignal,
): Promise<void> {
  const signal = AbortSignal.any([channels.gone, stop]);
  const connections = ports.map(async (port, index) => {
    const channel = dataChannel(index);
    const [output, error] = [channels.output(channel), channels.output(channel + 1)];
    // Each channel begins with its port, so that the client can check which is which.
    for (const beginning of [output, error]) beginning.write(littleEndian(port));
    // The protocol cannot close one half: when the pod's side has ended, so has the client's.
    output.once("finish", () => channels.endInput(channel));
    const data = Duplex.from({ readable: channels.input(channel), writable: output });
    data.on("error", () => undefined);
    const end = (): void => void data.destroy();
    signal.addEventListener("abort", end, { once: true });
    await forwardConnection({ port, data, error }, dial, signal);
    signal.removeEventListener("abort", end);
  });
  await Promise.all(connections);
  await channels.close();
}

function littleEndian(port: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(port);
  return bytes;
}
