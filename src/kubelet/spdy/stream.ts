import { Duplex } from "node:stream";

import { encodeRstStream, encodeSynReply, resetStatus } from "./frame.ts";
import type { HeaderMap } from "./header-block.ts";
import { createInbox, owned } from "./inbox.ts";
import type { FrameWriter } from "./writer.ts";

export interface SpdyStream {
  readonly id: number;
  /** Lower-case names; several values joined by NUL are split. */
  readonly headers: HeaderMap;
  /** Sends SYN_REPLY with empty headers. Data written before it would be dropped by the peer: writes wait for it. */
  accept(): void;
  /** RST_STREAM with this status; nothing is written afterwards, and what was read so far is lost. */
  reset(status: number): void;
  /**
   * `end()` sends FIN, reading ends at the peer's FIN, `destroy()` resets (CANCEL). It never emits "error": the peer's
   * RST_STREAM and the end of the connection close it, and "close" without "end" tells. As of any Duplex, its input has
   * to be read to the end (or `resume()`d) before it closes by itself.
   */
  readonly data: Duplex;
}

/** What a stream needs of its session. */
export interface StreamHost {
  readonly writer: FrameWriter;
  emptyHeaderBlock(): Buffer;
  /** The stream's unread bytes grew or shrank by `change`; now there are `unread`. */
  buffered(id: number, change: number, unread: number): void;
  /** Nothing is sent for the stream any more, and what comes for it does not matter. */
  gone(id: number): void;
  /** Something that the stream had to send is sent, or will not be. */
  settled(): void;
}

/** The session's side of a stream. */
export interface HostedStream {
  readonly stream: SpdyStream;
  /** Something that was written, or the FIN, is still to be sent. */
  readonly busy: boolean;
  receive(bytes: Buffer, fin: boolean): void;
  /** Closes it without a word to the peer, who has reset it or is gone. */
  drop(): void;
}

/** Written bytes that a stream holds before `write` returns false. */
const writeBuffer = 65_536;

type Callback = (error?: Error | null) => void;

export function hostedStream(id: number, headers: HeaderMap, host: StreamHost): HostedStream {
  const data = new StreamData(id, host);
  return {
    stream: { id, headers, accept: () => data.accept(), reset: (status) => data.destroyWith(status), data },
    get busy() {
      return data.busy;
    },
    receive: (bytes, fin) => data.receive(bytes, fin),
    drop: () => data.destroyWith(undefined),
  };
}

class StreamData extends Duplex {
  readonly #id: number;
  readonly #host: StreamHost;
  readonly #inbox = createInbox();
  /** The reader asked for more than there was. */
  #wanted = false;
  #accepted = false;
  #finReceived = false;
  #finSent = false;
  /** What waits for `accept`, and the callback of what is on its way. */
  #start: (() => void) | undefined;
  #pending: Callback | undefined;
  /** What the peer is told when the stream is destroyed. */
  #status: number | undefined = resetStatus.cancel;

  constructor(id: number, host: StreamHost) {
    // Reading takes one piece at a time: the others wait in the inbox, which knows how much memory they keep.
    super({ readableHighWaterMark: 1, writableHighWaterMark: writeBuffer });
    this.#id = id;
    this.#host = host;
  }

  accept(): void {
    if (this.#accepted || this.destroyed) return;
    this.#accepted = true;
    this.#host.writer.control(encodeSynReply(this.#id, this.#host.emptyHeaderBlock()));
    this.#start?.();
    this.#start = undefined;
  }

  destroyWith(status: number | undefined): void {
    if (this.destroyed) return;
    this.#status = status;
    this.destroy();
  }

  get busy(): boolean {
    if (!this.#accepted || this.destroyed) return false;
    return this.writableLength > 0 || this.writableEnded !== this.writableFinished;
  }

  receive(bytes: Buffer, fin: boolean): void {
    if (this.#finReceived) return this.destroyWith(resetStatus.streamAlreadyClosed);
    this.#finReceived = fin;
    if (bytes.length > 0 && this.#wanted) return this.#hand(owned(bytes));
    if (bytes.length > 0) {
      this.#inbox.add(bytes);
      this.#host.buffered(this.#id, bytes.length, this.#inbox.size);
    } else if (this.#wanted) {
      this.push(null);
    }
  }

  override _read(): void {
    this.#wanted = true;
    const bytes = this.#inbox.take();
    if (bytes !== undefined) {
      this.#host.buffered(this.#id, -bytes.length, this.#inbox.size);
      this.#hand(bytes);
    } else if (this.#finReceived) {
      this.push(null);
    }
  }

  /** The reader asks again when it wants more. */
  #hand(bytes: Buffer): void {
    this.#wanted = false;
    this.push(bytes);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#send(callback, (done) => this.#host.writer.data(this.#id, [chunk], done));
  }

  override _writev(items: { chunk: Buffer }[], callback: Callback): void {
    const chunks = items.map(({ chunk }) => chunk);
    this.#send(callback, (done) => this.#host.writer.data(this.#id, chunks, done));
  }

  override _final(callback: Callback): void {
    const sent: Callback = (error) => {
      this.#finSent = error === undefined;
      callback(error);
    };
    this.#send(sent, (done) => this.#host.writer.fin(this.#id, done));
  }

  #send(callback: Callback, write: (done: () => void) => void): void {
    this.#pending = callback;
    const done = (): void => {
      this.#pending = undefined;
      callback();
      this.#host.settled();
    };
    if (this.#accepted) write(done);
    else this.#start = () => write(done);
  }

  override _destroy(_error: Error | null, callback: Callback): void {
    const [host, id] = [this.#host, this.#id];
    host.writer.drop(id);
    const over = this.#finSent && this.#finReceived;
    if (this.#status !== undefined && !over) host.writer.control(encodeRstStream(id, this.#status));
    host.buffered(id, -this.#inbox.size, 0);
    host.gone(id);
    this.#start = undefined;
    this.#pending?.(new Error(`stream ${id} was closed before this was written`));
    // An "error" event would need a listener on every stream; whoever destroys one knows why.
    callback(null);
    host.settled();
  }
}
