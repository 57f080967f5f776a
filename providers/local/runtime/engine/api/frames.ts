/**
 * The stream format of `GET /containers/{id}/logs` without a tty: frames of an 8-byte head (stream, 0, 0, 0, length
 * as big-endian uint32) and a payload. Pure and incremental; a frame's payload is handed on in pieces of at most
 * `maxPiece` bytes, so that a huge frame never has to fit into memory.
 */
export interface FramePiece {
  readonly stream: "stdout" | "stderr";
  readonly bytes: Buffer;
  /** First and last piece of its frame; both for nearly all frames. */
  readonly first: boolean;
  readonly last: boolean;
}

/** Docker cuts lines at 16 KiB, podman at 8 KiB: a whole frame of either fits. */
export const maxPiece = 64 * 1024;

/** Feed it chunks as they come; it gives the pieces completed by each. Throws on bytes that are no frame. */
export function frameReader(): (chunk: Buffer) => FramePiece[] {
  let held: Buffer = Buffer.alloc(0);
  let left = 0;
  let first = true;
  let stream: "stdout" | "stderr" = "stdout";
  return (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const pieces: FramePiece[] = [];
    for (;;) {
      if (left === 0) {
        if (held.length < 8) return pieces;
        stream = streamOf(held);
        left = held.readUInt32BE(4);
        held = held.subarray(8);
        first = true;
        if (left === 0) continue;
      }
      const size = Math.min(left, maxPiece);
      if (held.length < size) return pieces;
      left -= size;
      pieces.push({ stream, bytes: held.subarray(0, size), first, last: left === 0 });
      first = false;
      held = held.subarray(size);
    }
  };
}

function streamOf(head: Buffer): "stdout" | "stderr" {
  if (head[1] !== 0 || head[2] !== 0 || head[3] !== 0 || (head[0] ?? 3) > 2) {
    throw new Error(`not a log frame: head ${head.toString("hex", 0, 8)}`);
  }
  return head[0] === 2 ? "stderr" : "stdout";
}
