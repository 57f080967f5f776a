import type { Duplex } from "node:stream";

import type { Clock, Log } from "../../provider.ts";
import type { SpdyLimits } from "./limits.ts";

export interface SpdyStream {
  readonly id: number;
  /** Lower-case names; several values joined by NUL are split. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Sends SYN_REPLY with empty headers. Data written before it would be dropped by the peer: writes wait for it. */
  accept(): void;
  /** RST_STREAM with this status; nothing is written afterwards. */
  reset(status: number): void;
  /**
   * allowHalfOpen Duplex: `end()` sends FIN, reading ends at the peer's FIN, `destroy()` resets (CANCEL). The peer's
   * RST_STREAM and the end of the connection close it without an error event: "close" without "end" tells.
   */
  readonly data: Duplex;
}

export interface SpdySession {
  /** Resolves when the session has ended, for whatever reason; never rejects. */
  readonly closed: Promise<void>;
  /** GOAWAY, then end of the connection once what was written is flushed. */
  close(): void;
}

export interface SpdySessionOptions {
  /** A new stream of the peer; not accepted yet. */
  onStream(stream: SpdyStream): void;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<SpdyLimits>;
}

export declare function spdySession(connection: Duplex, options: SpdySessionOptions): SpdySession;
