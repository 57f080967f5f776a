import type { Duplex } from "node:stream";

import type { Clock, Log } from "../../provider.ts";
import { frameReader, type FrameReader } from "./frame-reader.ts";
import { encodeGoAway, encodePing, encodeRstStream, resetStatus, SpdyError, type Frame } from "./frame.ts";
import { emptyHeaderBlocks, headerBlockReader, type HeaderMap } from "./header-block.ts";
import { idleTimer, type IdleTimer } from "./idle-timer.ts";
import { createInflow, type Inflow } from "./inflow.ts";
import { defaultLimits, type SpdyLimits } from "./limits.ts";
import { createPinger } from "./pinger.ts";
import { hostedStream, type HostedStream, type SpdyStream, type StreamHost } from "./stream.ts";
import { frameWriter, type FrameWriter } from "./writer.ts";

export type { SpdyStream } from "./stream.ts";

export interface SpdySession {
  /** Resolves when the session has ended, for whatever reason; never rejects. */
  readonly closed: Promise<void>;
  /** GOAWAY, then end of the connection once what was written is flushed. */
  close(): void;
}

export interface SpdySessionOptions {
  /** A new stream of the peer; not accepted yet. One that throws has its stream reset. */
  onStream(stream: SpdyStream): void;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<SpdyLimits>;
}

/**
 * The server's side of SPDY/3.1 on a connection that was upgraded to it: a socket after its 101 (bytes that came with
 * the request unshifted), or a tunnel. From now on the session owns it, its errors included. A frame that breaks the
 * protocol or a limit ends this connection alone, with the reason in a debug line.
 *
 * The protocol as Kubernetes speaks it has no flow control. A stream that nobody reads can be held back only by not
 * reading the connection, with all its streams: that happens when `limits.streamBuffer` is full. A paused connection
 * is pinged, or nobody would notice its end.
 */
export function spdySession(connection: Duplex, options: SpdySessionOptions): SpdySession {
  return new Session(connection, options);
}

/** `closing`: what was written goes out. `leaving`: GOAWAY is on its way, and nothing is read or written any more. */
type Phase = "open" | "closing" | "leaving" | "ended";

class Session implements SpdySession {
  readonly closed: Promise<void>;
  readonly #resolveClosed: () => void;
  readonly #connection: Duplex;
  readonly #options: SpdySessionOptions;
  readonly #limits: SpdyLimits;
  readonly #writer: FrameWriter;
  readonly #readFrames: FrameReader;
  readonly #readBlock: (block: Buffer) => HeaderMap;
  readonly #host: StreamHost;
  readonly #streams = new Map<number, HostedStream>();
  readonly #inflow: Inflow;
  readonly #idle: IdleTimer;
  #phase: Phase = "open";
  #peerIsLeaving = false;
  #lastId = 0;
  #flushing: IdleTimer | undefined;

  constructor(connection: Duplex, options: SpdySessionOptions) {
    const limits = { ...defaultLimits, ...options.limits };
    ({ promise: this.closed, resolve: this.#resolveClosed } = Promise.withResolvers<void>());
    this.#connection = connection;
    this.#options = options;
    this.#limits = limits;
    this.#idle = idleTimer(options.clock, limits.idle, () => this.#end("no frame for too long"));
    const pinger = createPinger(options.clock, (id) => this.#writer.control(encodePing(id)));
    this.#inflow = createInflow(connection, limits, pinger.run);
    this.#writer = frameWriter(connection, limits, {
      written: () => this.#written(),
      flood: () => this.#end("the peer asks for answers and does not read them"),
    });
    this.#readFrames = frameReader(limits.controlFrame);
    this.#readBlock = headerBlockReader(limits);
    this.#host = {
      writer: this.#writer,
      emptyHeaderBlock: emptyHeaderBlocks(),
      buffered: (id, change, unread) => this.#inflow.buffered(id, change, unread),
      gone: (id) => this.#gone(id),
      settled: () => this.#leaveSoon(),
    };
    this.#listen();
  }

  close(): void {
    if (this.#phase !== "open") return;
    this.#phase = "closing";
    const { clock } = this.#options;
    this.#flushing = idleTimer(clock, this.#limits.close, () => this.#end("the last bytes were not taken in time"));
    this.#leaveSoon();
  }

  #written(): void {
    this.#idle.touch();
    this.#flushing?.touch();
  }

  /** Whether what comes is thrown away. */
  get #over(): boolean {
    return this.#phase === "leaving" || this.#phase === "ended";
  }

  #listen(): void {
    const connection = this.#connection;
    connection.on("error", (err) => this.#end("the connection failed", err));
    connection.on("close", () => this.#end("the connection is closed"));
    connection.on("end", () => {
      if (this.#phase !== "leaving") this.#end("the peer ended the connection");
    });
    connection.on("data", (chunk: Buffer) => this.#receive(chunk));
    if (connection.destroyed) this.#end("the connection is closed");
  }

  #receive(chunk: Buffer): void {
    if (this.#over) return;
    this.#idle.touch();
    try {
      for (const frame of this.#readFrames(chunk)) {
        this.#handle(frame);
        if (this.#over) return;
      }
    } catch (error) {
      if (error instanceof SpdyError) return this.#end(error.message);
      // A listener of a stream's reader threw: its connection is lost, and nobody else's.
      this.#options.log.error("a SPDY connection ended by an error of its reader", { err: error });
      this.#end("its reader failed");
    }
  }

  #handle(frame: Frame): void {
    switch (frame.kind) {
      case "data":
        // For a stream that has ended or was refused: the peer may not know yet.
        return this.#streams.get(frame.id)?.receive(frame.bytes, frame.fin);
      case "synStream":
        return this.#open(frame.id, this.#readBlock(frame.block), frame);
      case "synReply":
      case "headers":
        // They say nothing to this side, but the zlib stream goes on in them.
        return void this.#readBlock(frame.block);
      case "rstStream":
        return this.#streams.get(frame.id)?.drop();
      case "ping":
        // The odd ones are the peer's own; an even one would be the answer to ours.
        return frame.id % 2 === 1 ? this.#writer.control(encodePing(frame.id)) : undefined;
      case "goAway":
        this.#peerIsLeaving = true;
        return this.#gone(0);
      case "settings":
      case "windowUpdate":
        return undefined;
    }
  }

  #open(id: number, headers: HeaderMap, { fin, unidirectional }: { fin: boolean; unidirectional: boolean }): void {
    if (this.#phase !== "open" || this.#peerIsLeaving) return;
    if (id % 2 === 0 || id <= this.#lastId) {
      this.#streams.get(id)?.drop();
      return this.#writer.control(encodeRstStream(id, resetStatus.protocolError));
    }
    this.#lastId = id;
    // Every stream here is answered, which a unidirectional one cannot be.
    if (unidirectional || this.#streams.size >= this.#limits.streams)
      return this.#writer.control(encodeRstStream(id, resetStatus.refusedStream));
    const hosted = hostedStream(id, headers, this.#host);
    this.#streams.set(id, hosted);
    if (fin) hosted.receive(Buffer.alloc(0), true);
    try {
      this.#options.onStream(hosted.stream);
    } catch (error) {
      this.#options.log.error("a new SPDY stream could not be handled", { err: error });
      hosted.stream.reset(resetStatus.internalError);
    }
  }

  #gone(id: number): void {
    this.#streams.delete(id);
    if (this.#peerIsLeaving && this.#streams.size === 0) this.close();
  }

  #leaveSoon(): void {
    // Streams finish their writes in ticks of their own.
    if (this.#phase === "closing") setImmediate(() => this.#leaveWhenFlushed());
  }

  #leaveWhenFlushed(): void {
    if (this.#phase !== "closing" || this.#streams.values().some((hosted) => hosted.busy)) return;
    this.#phase = "leaving";
    // Go's peer reads nothing after a GOAWAY, so it is the last frame.
    this.#writer.finish(encodeGoAway(this.#lastId));
    this.#dropStreams();
  }

  #dropStreams(): void {
    for (const hosted of this.#streams.values()) hosted.drop();
  }

  #end(reason: string, err?: Error): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#options.log.debug("SPDY connection ended", err === undefined ? { reason } : { reason, err });
    this.#writer.stop();
    this.#flushing?.stop();
    this.#idle.stop();
    this.#dropStreams();
    this.#connection.destroy();
    this.#resolveClosed();
  }
}
