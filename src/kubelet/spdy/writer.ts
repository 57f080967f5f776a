import type { Duplex } from "node:stream";

import { encodeDataHead } from "./frame.ts";
import type { SpdyLimits } from "./limits.ts";

/** Puts frames onto a connection as fast as it takes them; streams take turns, a frame each. */
export interface FrameWriter {
  /** A whole control frame; it overtakes data that waits. */
  control(frame: Buffer): void;
  /** Bytes of a stream, which has none waiting. `done`: the connection has taken them, the stream may bring its next. */
  data(id: number, chunks: readonly Buffer[], done: () => void): void;
  /** An empty DATA frame that ends our side of the stream. */
  fin(id: number, done: () => void): void;
  /** Forgets what waits for the stream; its `done` is not called. */
  drop(id: number): void;
  /** Writes this control frame after all that waits, and ends the connection. */
  finish(frame: Buffer): void;
  /** Nothing more is written. */
  stop(): void;
}

/** What a stream has to send; `index` and `offset` are its next byte. */
interface Job {
  readonly chunks: readonly Buffer[];
  readonly fin: boolean;
  readonly done: () => void;
  index: number;
  offset: number;
}

export interface WriterEvents {
  /** A DATA frame went out. */
  written(): void;
  /** More control frames wait than the limit allows: the peer asks for answers and reads none. */
  flood(): void;
}

export function frameWriter(connection: Duplex, limits: SpdyLimits, on: WriterEvents): FrameWriter {
  return new Writer(connection, limits, on);
}

class Writer implements FrameWriter {
  readonly #connection: Duplex;
  readonly #limits: SpdyLimits;
  readonly #on: WriterEvents;
  #control: Buffer[] = [];
  /** In the order of their turns: a map keeps the order in which its keys were set. */
  readonly #jobs = new Map<number, Job>();
  #last: Buffer | undefined;
  #blocked = false;
  #pumping = false;
  #stopped = false;

  constructor(connection: Duplex, limits: SpdyLimits, on: WriterEvents) {
    this.#connection = connection;
    this.#limits = limits;
    this.#on = on;
    connection.on("drain", () => {
      this.#blocked = false;
      this.#pump();
    });
  }

  control(frame: Buffer): void {
    if (this.#stopped) return;
    this.#control.push(frame);
    this.#pump();
    if (this.#control.length > this.#limits.waitingControlFrames) this.#on.flood();
  }

  data(id: number, chunks: readonly Buffer[], done: () => void): void {
    this.#enqueue(id, { chunks, fin: false, done, index: 0, offset: 0 });
  }

  fin(id: number, done: () => void): void {
    this.#enqueue(id, { chunks: [], fin: true, done, index: 0, offset: 0 });
  }

  drop(id: number): void {
    this.#jobs.delete(id);
  }

  finish(frame: Buffer): void {
    this.#last = frame;
    this.#pump();
  }

  stop(): void {
    this.#stopped = true;
    this.#control = [];
    this.#jobs.clear();
  }

  #enqueue(id: number, job: Job): void {
    if (this.#stopped) return;
    this.#jobs.set(id, job);
    this.#pump();
  }

  #pump(): void {
    if (this.#pumping || this.#stopped) return;
    this.#pumping = true;
    // What goes out at once is one system call, and for TLS one record where it fits.
    this.#connection.cork();
    while (!this.#blocked && this.#writeNext());
    this.#connection.uncork();
    this.#pumping = false;
  }

  /** False when there is nothing to write. */
  #writeNext(): boolean {
    const frame = this.#control.shift();
    if (frame !== undefined) {
      this.#write([frame]);
      return true;
    }
    const turn = this.#jobs.entries().next().value;
    if (turn !== undefined) {
      this.#writeData(...turn);
      return true;
    }
    if (this.#last === undefined) return false;
    this.#connection.end(this.#last);
    this.#last = undefined;
    this.#stopped = true;
    return false;
  }

  #writeData(id: number, job: Job): void {
    const parts = takeParts(job, this.#limits.dataFrame);
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    this.#write([encodeDataHead(id, size, job.fin), ...parts]);
    this.#on.written();
    this.#jobs.delete(id);
    if (job.index < job.chunks.length) this.#jobs.set(id, job);
    else job.done();
  }

  /** A frame is written whole, also when the connection wants a pause in its midst. */
  #write(buffers: readonly Buffer[]): void {
    for (const buffer of buffers) this.#blocked = !this.#connection.write(buffer);
  }
}

/** The job's next bytes, at most `limit` of them, as views. */
function takeParts(job: Job, limit: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let room = limit; room > 0;) {
    const chunk = job.chunks[job.index];
    if (chunk === undefined) break;
    const part = chunk.subarray(job.offset, job.offset + room);
    if (part.length > 0) parts.push(part);
    room -= part.length;
    job.offset += part.length;
    if (job.offset < chunk.length) break;
    job.index++;
    job.offset = 0;
  }
  return parts;
}
