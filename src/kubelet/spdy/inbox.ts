/**
 * Bytes that have come and wait for their reader. It holds at most about four times the memory of its `size`, whatever
 * the pieces are: a piece is a view of what the connection read at once, and would keep all of that.
 */
export interface Inbox {
  readonly size: number;
  add(bytes: Buffer): void;
  /** The first bytes, as many as lie together; `undefined` when there are none. */
  take(): Buffer | undefined;
}

/** A piece that fills less than this part of its memory is copied out of it. */
const fill = 1 / 4;

/** Room for small pieces that come one after the other. */
const blockSize = 4_096;

export function createInbox(): Inbox {
  const pieces: Buffer[] = [];
  let size = 0;
  /** The last piece is `block` up to `used`, and more fits behind it. */
  let block: Buffer | undefined;
  let used = 0;

  const addSmall = (bytes: Buffer): void => {
    if (block === undefined || block.length - used < bytes.length) {
      block = Buffer.allocUnsafeSlow(blockSize);
      used = 0;
      pieces.push(block);
    }
    used += bytes.copy(block, used);
    pieces[pieces.length - 1] = block.subarray(0, used);
  };

  return {
    get size() {
      return size;
    },
    add(bytes) {
      size += bytes.length;
      if (bytes.length < blockSize) return addSmall(bytes);
      block = undefined;
      pieces.push(owned(bytes));
    },
    take() {
      const bytes = pieces.shift();
      if (pieces.length === 0) block = undefined;
      if (bytes !== undefined) size -= bytes.length;
      return bytes;
    },
  };
}

/** The piece itself, or a copy if it would keep much more memory than its own. */
export function owned(bytes: Buffer): Buffer {
  if (bytes.length >= bytes.buffer.byteLength * fill) return bytes;
  // Not out of Node's pool, whose 64 KiB a single byte would keep.
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
