/**
 * What is said on a connection that asked for `attach`, after the answer: frames of a kind (1 byte), a length (4 bytes,
 * big endian) and so many bytes. `stdout`, `stderr` and at last `end` come from the supervisor, `stdin` goes there, an
 * empty one at its end. Who closes the connection has gone.
 */
import type { ProviderErrorKind } from "../../../../src/provider.ts";

/** How the run ended, as JSON in the last frame; `code` is missing where nobody knows it. */
export interface AttachEnd {
  readonly code?: number | undefined;
  readonly error?: { readonly kind: ProviderErrorKind; readonly reason: string; readonly message: string } | undefined;
}

export const frameKinds = { stdin: 0, stdout: 1, stderr: 2, end: 3 } as const;
export type FrameKind = (typeof frameKinds)[keyof typeof frameKinds];

const headBytes = 5;
/** Larger ones come from nobody who speaks this. */
const maxFrame = 1024 * 1024;

/** Frames of any number of bytes. */
export function frames(kind: FrameKind, bytes: Buffer): readonly Buffer[] {
  const pieces = Math.ceil(bytes.length / maxFrame);
  return Array.from({ length: pieces }, (_, n) => frame(kind, bytes.subarray(n * maxFrame, (n + 1) * maxFrame)));
}

/** At most 1 MiB. */
export function frame(kind: FrameKind, bytes: Buffer): Buffer {
  const head = Buffer.allocUnsafe(headBytes);
  head.writeUInt8(kind);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** Cuts what arrives into frames; a frame may come in many pieces. Throws at what is none. */
export function frameCutter(onFrame: (kind: FrameKind, bytes: Buffer) => void): (chunk: Buffer) => void {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length >= headBytes) {
      const kind = held.readUInt8();
      const end = headBytes + held.readUInt32BE(1);
      if (!isKind(kind) || end - headBytes > maxFrame) throw new Error("this is no frame of an attached container");
      if (held.length < end) return;
      onFrame(kind, held.subarray(headBytes, end));
      held = held.subarray(end);
    }
  };
}

function isKind(kind: number): kind is FrameKind {
  return Object.values(frameKinds).includes(kind as FrameKind);
}
