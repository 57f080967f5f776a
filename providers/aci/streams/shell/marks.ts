/** Finds what a shell says between marks in what comes from its terminal. */
import { letters, type Said } from "./programs.ts";

export interface Mark {
  readonly said: Said;
  readonly payload: string;
}

const saidBy = new Map(Object.entries(letters).map(([said, letter]) => [letter, said as Said]));

/** A piece of what came: bytes that stand outside of marks, or a mark. */
export type Piece = { readonly bytes: Buffer } | { readonly mark: Mark };

/**
 * Takes chunks as they come and gives pieces in order. What may be the beginning of a mark waits for the next chunk, or for
 * `rest`. Pure, but for what it holds.
 */
export class MarkReader {
  readonly #start: Buffer;
  #held: Buffer[] = [];
  /** Inside of a mark nothing is looked for but its end. */
  #inside = false;

  constructor(key: string) {
    this.#start = Buffer.from(`~${key}`, "latin1");
  }

  push(chunk: Buffer): Piece[] {
    // A long mark comes in many chunks: only its end lets them be joined.
    if (this.#inside && !chunk.includes("~")) {
      this.#held.push(chunk);
      return [];
    }
    let left = Buffer.concat([...this.#held, chunk]);
    const pieces: Piece[] = [];
    this.#inside = false;
    while (left.length > 0) {
      const at = left.indexOf(this.#start);
      const end = at < 0 ? left.length - this.#begun(left) : at;
      if (end > 0) pieces.push({ bytes: left.subarray(0, end) });
      left = left.subarray(end);
      if (at < 0) break;
      const close = left.indexOf("~", this.#start.length);
      if (close < 0) {
        this.#inside = true;
        break;
      }
      pieces.push(this.#pieceOf(left.subarray(0, close + 1)));
      left = left.subarray(close + 1);
    }
    this.#held = left.length > 0 ? [left] : [];
    return pieces;
  }

  /** What waited for more that does not come. */
  rest(): Buffer {
    const rest = Buffer.concat(this.#held);
    this.#held = [];
    this.#inside = false;
    return rest;
  }

  #pieceOf(whole: Buffer): Piece {
    const text = whole.toString("latin1", this.#start.length, whole.length - 1);
    const said = saidBy.get(text.slice(0, 1));
    return said === undefined ? { bytes: whole } : { mark: { said, payload: text.slice(1) } };
  }

  /** How many bytes at the end may be the beginning of a mark. */
  #begun(bytes: Buffer): number {
    const longest = Math.min(this.#start.length - 1, bytes.length);
    for (let length = longest; length > 0; length--) {
      if (bytes.subarray(-length).equals(this.#start.subarray(0, length))) return length;
    }
    return 0;
  }
}
