/**
 * The stream format of logs, exec and attach without a tty: frames of an 8-byte head (stream, 0, 0, 0, length as
 * big-endian uint32) and a payload. Pure and incremental; a frame's payload is handed on in pieces of at most
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

/**
 * Feed it chunks as they come; it gives the pieces completed by each. A piece has `enough` bytes or ends its frame:
 * with 1, everything that is there is given at once. Holds no more than `enough` bytes and a head.
 * Throws on bytes that are no frame.
 */
export function frameReader(enough: number = maxPiece): (chunk: Buffer) => FramePiece[] {
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
      if (held.length < Math.min(left, enough)) return pieces;
      const size = Math.min(left, held.length, maxPiece);
      left -= size;
      pieces.push({ stream, bytes: held.subarray(0, size), first, last: left === 0 });
      first = false;
      held = held.subarray(size);
    }
  };
}

/**
 * As `frameReader` for the log of a container with a terminal, which is bare lines: each is a frame of stdout.
 * `undefined` instead of a chunk gives what is left after the last line end.
 */
export function lineReader(): (chunk: Buffer | undefined) => FramePiece[] {
  let held: Buffer = Buffer.alloc(0);
  let first = true;
  return (chunk = Buffer.alloc(0)) => {
    const ended = chunk.length === 0;
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const pieces: FramePiece[] = [];
    while (held.length > 0) {
      const end = held.subarray(0, maxPiece).indexOf(lineEnd);
      if (end < 0 && held.length < maxPiece && !ended) break;
      const bytes = held.subarray(0, end < 0 ? maxPiece : end + 1);
      const last = end >= 0 || (ended && bytes.length === held.length);
      pieces.push({ stream: "stdout", bytes, first, last });
      first = last;
      held = held.subarray(bytes.length);
    }
    return pieces;
  };
}

const lineEnd = 0x0a;

function streamOf(head: Buffer): "stdout" | "stderr" {
  if (head[1] !== 0 || head[2] !== 0 || head[3] !== 0 || (head[0] ?? 3) > 2) {
    throw new Error(`not a frame: head ${head.toString("hex", 0, 8)}`);
  }
  return head[0] === 2 ? "stderr" : "stdout";
}
