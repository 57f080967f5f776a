/** What the tests of this folder share: bytes as a peer writes them, and a session with both of its ends. */
import { readFileSync } from "node:fs";
import { duplexPair, type Duplex } from "node:stream";

import { fakeClock, type FakeClock } from "../../../test/support/fake-clock.ts";
import type { Log } from "../../provider.ts";
import { encodeDataHead, type Frame } from "./frame.ts";
import { frameReader } from "./frame-reader.ts";
import type { SpdyLimits } from "./limits.ts";
import { spdySession, type SpdySession, type SpdyStream } from "./session.ts";

/** A control frame byte by byte, right or wrong. */
export function controlFrame(type: number, flags: number, body: Buffer, version = 3): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8000 | version, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE(body.length, 4);
  head.writeUInt8(flags, 4);
  return Buffer.concat([head, body]);
}

export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, index * 4);
  return bytes;
}

export function dataFrame(id: number, bytes: string | Buffer, fin = false): Buffer {
  const body = Buffer.from(bytes);
  return Buffer.concat([encodeDataHead(id, body.length, fin), body]);
}

/** The inflated form of a header block. */
export function plainHeaders(headers: readonly (readonly [string, string])[]): Buffer {
  const text = (value: string): Buffer => Buffer.concat([words(Buffer.byteLength(value)), Buffer.from(value)]);
  return Buffer.concat([words(headers.length), ...headers.flatMap((header) => header.map(text))]);
}

/** Header blocks of one connection, not compressed: stored deflate blocks of at most 65,535 bytes. */
export function storedBlocks(): (plain: Buffer) => Buffer {
  let start: Buffer = Buffer.from([0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2]);
  return (plain) => {
    const parts = [start];
    start = Buffer.alloc(0);
    for (let at = 0; at < plain.length; at += 65_535) {
      const part = plain.subarray(at, at + 65_535);
      const head = Buffer.alloc(5);
      head.writeUInt16LE(part.length, 1);
      head.writeUInt16LE(0xffff - part.length, 3);
      parts.push(head, part);
    }
    return Buffer.concat([...parts, Buffer.from([0, 0, 0, 0xff, 0xff])]);
  };
}

/** SYN_STREAM frames of one connection. */
export function synStreams(): (id: number, headers?: Record<string, string>, flags?: number) => Buffer {
  const block = storedBlocks();
  return (id, headers = {}, flags = 0) =>
    controlFrame(
      1,
      flags,
      Buffer.concat([words(id, 0), Buffer.from([0, 0]), block(plainHeaders(Object.entries(headers)))]),
    );
}

/** Recorded bytes of test/fixtures/spdy. */
export function recorded(name: string): Buffer {
  const text = readFileSync(new URL(`../../../test/fixtures/spdy/${name}.hex`, import.meta.url), "latin1");
  return Buffer.from(text.replaceAll(/\s/g, ""), "hex");
}

export interface TestSession {
  readonly session: SpdySession;
  /** The peer's end: what it writes, the session reads. */
  readonly peer: Duplex;
  /** The session's own end. */
  readonly connection: Duplex;
  readonly clock: FakeClock;
  readonly streams: SpdyStream[];
  /** What the session has sent so far. */
  readonly frames: Frame[];
  /** Reasons of its debug lines, and messages of its errors. */
  readonly said: string[];
  readonly syn: ReturnType<typeof synStreams>;
  /** Until everything that is on its way has arrived. */
  settled(): Promise<void>;
}

export interface TestSessionOptions {
  readonly limits?: Partial<SpdyLimits>;
  /** Default: the stream is accepted. */
  readonly onStream?: (stream: SpdyStream) => void;
  /** Bytes that the connection takes before it wants a pause, each way. */
  readonly highWaterMark?: number;
  /** False: the peer reads nothing until it is resumed. */
  readonly reading?: boolean;
}

export function testSession(options: TestSessionOptions = {}): TestSession {
  const [connection, peer] = duplexPair({ highWaterMark: options.highWaterMark ?? 65_536 });
  const [streams, frames, said]: [SpdyStream[], Frame[], string[]] = [[], [], []];
  const clock = fakeClock();
  const log: Log = {
    debug: (_message, fields) => void said.push((fields as { reason: string }).reason),
    info() {},
    warn() {},
    error: (message) => void said.push(message),
  };
  const session = spdySession(connection, {
    clock,
    log,
    limits: options.limits ?? {},
    onStream(stream) {
      streams.push(stream);
      (options.onStream ?? ((one) => one.accept()))(stream);
    },
  });
  const read = frameReader(65_536);
  peer.on("error", () => {});
  peer.on("data", (chunk: Buffer) => frames.push(...read(chunk)));
  peer.on("end", () => peer.end());
  if (options.reading === false) peer.pause();
  return { session, peer, connection, clock, streams, frames, said, syn: synStreams(), settled };
}

/** Streams over memory move by ticks alone: some turns of the event loop carry everything through. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Pieces of a DATA frame joined, so that two slicings of the same bytes can be compared. */
export function joined(frames: readonly Frame[]): Frame[] {
  const result: Frame[] = [];
  for (const frame of frames) {
    const last = result.at(-1);
    if (frame.kind === "data" && last?.kind === "data" && last.id === frame.id && !last.fin)
      result[result.length - 1] = { ...frame, bytes: Buffer.concat([last.bytes, frame.bytes]) };
    else result.push(frame);
  }
  return result;
}

/** What the session has sent, a few words for each frame; a FIN is a full stop. */
export function sent({ frames }: TestSession): string[] {
  return joined(frames).map((frame) => {
    if (frame.kind === "data") return `data ${frame.id} ${frame.bytes.toString()}${frame.fin ? "." : ""}`;
    if (frame.kind === "rstStream") return `rstStream ${frame.id} ${frame.status}`;
    if (frame.kind === "goAway") return `goAway ${frame.lastGood}`;
    return "id" in frame ? `${frame.kind} ${frame.id}` : frame.kind;
  });
}

/** The one stream that there is. */
export function only(streams: readonly SpdyStream[]): SpdyStream {
  const [stream] = streams;
  if (stream === undefined || streams.length > 1) throw new Error(`${streams.length} streams, not one`);
  return stream;
}
