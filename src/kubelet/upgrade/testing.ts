/** A client's side of an upgrade, and of a SPDY session, over real sockets. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { request, type RequestOptions } from "node:https";
import { Duplex } from "node:stream";

import { frameReader } from "../spdy/frame-reader.ts";
import { controlFrame, dataFrame, synStreams, words } from "../spdy/testing.ts";
import type { TestServer } from "../testing.ts";

export interface UpgradeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** After a 101. */
  readonly socket: Duplex | undefined;
  /** Of every other answer. */
  readonly body: string;
}

/** Asks for an upgrade. */
export function upgrade(server: TestServer, path: string, options: RequestOptions): Promise<UpgradeAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request({
      host: "127.0.0.1",
      port: server.port,
      path,
      rejectUnauthorized: false,
      agent: false,
      ...options,
      headers: { Connection: "Upgrade", ...(options.headers as Record<string, string>) },
    });
    sent.on("error", reject);
    sent.on("upgrade", (response: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, socket, body: "" });
    });
    sent.on("response", (response: IncomingMessage) => {
      const { statusCode: status = 0, headers } = response;
      response.toArray().then((chunks) => {
        resolve({ status, headers, socket: undefined, body: Buffer.concat(chunks as Buffer[]).toString() });
      }, reject);
    });
    sent.end();
  });
}

/** A client's end of a SPDY session. */
export interface SpdyPeer {
  open(headers: Record<string, string>): PeerStream;
  /** Everything the server sent about streams, e.g. `reply 1`, `data 3`, `fin 3`, `reset 3`, `goaway`, `closed`. */
  readonly events: string[];
  readonly closed: Promise<void>;
  readonly socket: Duplex;
}

export interface PeerStream {
  readonly id: number;
  readonly received: () => Buffer;
  /** All of it at the server's FIN; rejects when the stream is reset or the connection ends before. */
  readonly whole: Promise<Buffer>;
  write(data: string | Buffer): boolean;
  end(): void;
  reset(): void;
}

export function spdyPeer(socket: Duplex): SpdyPeer {
  const syn = synStreams();
  const read = frameReader(65_536);
  const events: string[] = [];
  const streams = new Map<number, { chunks: Buffer[]; whole: PromiseWithResolvers<Buffer> }>();
  const note = (event: string): void => void (events.at(-1) === event || events.push(event));
  const breakOff = (id: number, why: string): void => streams.get(id)?.whole.reject(new Error(why));

  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    for (const frame of read(chunk)) {
      if (frame.kind === "synReply") note(`reply ${frame.id}`);
      if (frame.kind === "goAway") note("goaway");
      if (frame.kind === "rstStream") {
        note(`reset ${frame.id}`);
        breakOff(frame.id, "reset");
      }
      if (frame.kind !== "data") continue;
      const stream = streams.get(frame.id);
      if (frame.bytes.length > 0) note(`data ${frame.id}`);
      stream?.chunks.push(Buffer.from(frame.bytes));
      if (!frame.fin) continue;
      note(`fin ${frame.id}`);
      stream?.whole.resolve(Buffer.concat(stream.chunks));
    }
  });
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      note("closed");
      for (const id of streams.keys()) breakOff(id, "the connection has ended");
      resolve();
    });
  });

  let nextId = 1;
  return {
    events,
    closed,
    socket,
    open(headers) {
      const id = nextId;
      nextId += 2;
      const stream = { chunks: [] as Buffer[], whole: Promise.withResolvers<Buffer>() };
      stream.whole.promise.catch(() => undefined);
      streams.set(id, stream);
      socket.write(syn(id, headers));
      return {
        id,
        received: () => Buffer.concat(stream.chunks),
        whole: stream.whole.promise,
        write: (data) => socket.write(dataFrame(id, data)),
        end: () => void socket.write(dataFrame(id, "", true)),
        reset: () => void socket.write(controlFrame(3, 0, words(id, 5))),
      };
    },
  };
}

/**
 * A WebSocket's client end as a byte stream, in frames made by hand: the `ws` package refuses the name of the tunnel's
 * subprotocol on this side too.
 */
export function tunnel(socket: Duplex): Duplex {
  let rest = Buffer.alloc(0);
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => void socket.write(clientFrame(2, chunk), done),
    final: (done) => void socket.write(clientFrame(8, Buffer.alloc(0)), done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let frame = serverFrame(rest); frame !== undefined; frame = serverFrame(rest)) {
      rest = rest.subarray(frame.size);
      if (frame.opcode === 8) stream.destroy();
      if (frame.opcode === 2 && !stream.push(frame.payload)) socket.pause();
    }
  });
  socket.on("error", () => undefined);
  socket.on("close", () => stream.destroy());
  return stream;
}

/** The headers of a WebSocket's handshake. */
export function webSocketHeaders(protocols?: string): Record<string, string> {
  return {
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
    ...(protocols === undefined ? {} : { "Sec-WebSocket-Protocol": protocols }),
  };
}

/** Masked with zeros. */
function clientFrame(opcode: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(14);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

function serverFrame(bytes: Buffer): { opcode: number; payload: Buffer; size: number } | undefined {
  if (bytes.length < 10 && bytes.length < 2 + ((bytes[1] ?? 0) < 126 ? (bytes[1] ?? 0) : 8)) return undefined;
  const short = bytes[1] ?? 0;
  const [start, length] =
    short < 126 ? [2, short] : short === 126 ? [4, bytes.readUInt16BE(2)] : [10, Number(bytes.readBigUInt64BE(2))];
  if (bytes.length < start + length) return undefined;
  return { opcode: (bytes[0] ?? 0) & 15, payload: bytes.subarray(start, start + length), size: start + length };
}
