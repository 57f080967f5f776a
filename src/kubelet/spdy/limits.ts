/**
 * What a peer may make this side hold. A length or a count of the peer's is compared with these before anything is
 * allocated for it (the lesson of CVE-2026-35469).
 */
export interface SpdyLimits {
  /** Bytes in a control frame after its first eight. */
  readonly controlFrame: number;
  /** Bytes in a header block once inflated. */
  readonly headerBlock: number;
  /** Headers in a block. */
  readonly headers: number;
  /** Bytes in one header's name, and in its value with all its parts. */
  readonly headerValue: number;
  /** Streams open at once; one more is refused. */
  readonly streams: number;
  /** Unread bytes of one stream, and of all of them, at which the connection is paused. */
  readonly streamBuffer: number;
  readonly connectionBuffer: number;
  /** Control frames that wait because the peer does not read; one more ends the connection. */
  readonly waitingControlFrames: number;
  /** Bytes in a DATA frame of ours. */
  readonly dataFrame: number;
  /** Milliseconds without a frame of the peer's and without data of ours that end the connection; a kubelet's 4 h. */
  readonly idle: number;
  /** Milliseconds after `close()` in which no frame goes out, for a peer that reads slowly, or that does not hang up. */
  readonly close: number;
}

export const defaultLimits: SpdyLimits = {
  controlFrame: 65_536,
  headerBlock: 65_536,
  headers: 64,
  headerValue: 8_192,
  streams: 1_000,
  streamBuffer: 1_048_576,
  connectionBuffer: 16_777_216,
  waitingControlFrames: 4_096,
  dataFrame: 32_768,
  idle: 4 * 60 * 60 * 1000,
  close: 30_000,
};
