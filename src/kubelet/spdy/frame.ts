/** The frames of SPDY/3.1 (draft 3.1, 2.2 and 2.6) in the dialect that Kubernetes' clients speak. */

/** A frame broke the protocol or a limit: its connection cannot go on. The message says how. */
export class SpdyError extends Error {
  override readonly name = "SpdyError";
}

/** What a peer sends. A header block is as it came, compressed. */
export type Frame =
  /** A piece of a DATA frame; `fin` with the last piece of a frame that ends the peer's side. */
  | { readonly kind: "data"; readonly id: number; readonly bytes: Buffer; readonly fin: boolean }
  | {
      readonly kind: "synStream";
      readonly id: number;
      readonly fin: boolean;
      readonly unidirectional: boolean;
      readonly block: Buffer;
    }
  | { readonly kind: "synReply"; readonly id: number; readonly block: Buffer }
  | { readonly kind: "headers"; readonly id: number; readonly block: Buffer }
  | { readonly kind: "rstStream"; readonly id: number; readonly status: number }
  | { readonly kind: "ping"; readonly id: number }
  | { readonly kind: "goAway"; readonly lastGood: number; readonly status: number }
  /** Checked and without meaning here: there is no flow control in this dialect. */
  | { readonly kind: "settings" }
  | { readonly kind: "windowUpdate"; readonly id: number };

export const version = 3;

/** Every frame starts with as many bytes: what it is, flags, and the length of the rest. */
export const headSize = 8;

export const types = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

export const flags = { fin: 0x01, unidirectional: 0x02 } as const;

/** Why a stream was reset (2.6.3). */
export const resetStatus = {
  protocolError: 1,
  refusedStream: 3,
  cancel: 5,
  internalError: 6,
  streamAlreadyClosed: 9,
} as const;

export function encodeSynReply(id: number, block: Buffer): Buffer {
  return Buffer.concat([control(types.synReply, 4 + block.length, [id]), block]);
}

export function encodeRstStream(id: number, status: number): Buffer {
  return control(types.rstStream, 8, [id, status]);
}

export function encodePing(id: number): Buffer {
  return control(types.ping, 4, [id]);
}

/** Status 0: nothing went wrong. */
export function encodeGoAway(lastGood: number): Buffer {
  return control(types.goAway, 8, [lastGood, 0]);
}

/** The first bytes of a DATA frame; `length` bytes have to follow. */
export function encodeDataHead(id: number, length: number, fin: boolean): Buffer {
  const head = Buffer.allocUnsafe(headSize);
  head.writeUInt32BE(id, 0);
  head.writeUInt32BE(((fin ? flags.fin : 0) << 24) | length, 4);
  return head;
}

function control(type: number, length: number, words: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(headSize + words.length * 4);
  bytes.writeUInt16BE(0x8000 | version, 0);
  bytes.writeUInt16BE(type, 2);
  bytes.writeUInt32BE(length, 4);
  for (const [index, word] of words.entries()) bytes.writeUInt32BE(word, headSize + index * 4);
  return bytes;
}
