import { Writable, type Readable } from "node:stream";

import type { RawData, WebSocket } from "ws";

import type { Clock } from "../../provider.ts";
import { decodeMessage, encodeMessage, type ChannelCoding } from "./codec.ts";
import { createInputs } from "./inputs.ts";
import { keepAlive } from "./keep-alive.ts";

/** What waits for the client, per channel. */
const highWaterMark = 64 << 10;

export interface WebSocketChannels {
  /** What the client sends on one of the channels given as `fromClient`. */
  input(channel: number): Readable;
  /** Ends an input as if the client had: what still arrives on it is dropped. */
  endInput(channel: number): void;
  output(channel: number): Writable;
  /** Aborts when the client is gone, or after `close`. */
  readonly gone: AbortSignal;
  /** Resolves when the client has agreed, or is gone. */
  close(): Promise<void>;
}

/** Several streams in the messages of one WebSocket. What arrives on other channels than `fromClient` is dropped. */
export function webSocketChannels(
  ws: WebSocket,
  options: ChannelCoding & {
    readonly channels: number;
    readonly fromClient: readonly number[];
    readonly clock: Clock;
  },
): WebSocketChannels {
  const { base64, channels, fromClient, clock } = options;
  const gone = new AbortController();
  const inputs = createInputs(ws, fromClient);
  const used = keepAlive(ws, clock);

  const receive = (message: Buffer): void => {
    used();
    const told = decodeMessage(message, options, channels);
    if (told.is === "data") inputs.push(told.channel, told.data);
    else if (told.is === "end") inputs.end(told.channel);
    else if (told.is === "broken") ws.close(1002, told.problem);
  };
  ws.on("message", (data: RawData) => receive(data as Buffer));
  // Broken frames: `ws` closes by itself.
  ws.on("error", () => undefined);
  const closed = new Promise((resolve) => ws.once("close", resolve)).then(() => {
    const error = new Error("the client is gone");
    gone.abort(error);
    inputs.breakOff(error);
  });

  return {
    input: inputs.of,
    endInput: inputs.end,
    output: (channel) => {
      const send = (chunks: readonly Buffer[], done: (error?: Error) => void): void => {
        used();
        // Called back when the message has left: what the client does not read holds up the writer.
        ws.send(encodeMessage(channel, chunks, base64), { binary: !base64 }, done);
      };
      const output = new Writable({
        highWaterMark,
        write: (chunk: Buffer, _encoding, done) => send([chunk], done),
        // A message costs a system call and a record of TLS, so small pieces that wait for their turn share one.
        writev: (items, done) =>
          send(
            items.map(({ chunk }) => chunk as Buffer),
            done,
          ),
      });
      return output.on("error", () => undefined);
    },
    gone: gone.signal,
    async close() {
      // The client's answer may stand behind input that nobody reads any more.
      inputs.drain();
      ws.close(1000);
      await closed;
    },
  };
}
