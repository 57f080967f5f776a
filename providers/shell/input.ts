/** Bytes that a terminal in its line mode hands to a program whole, at once, and with a true end. Pure. */

/** VEOF, ^D: what was typed is read now; with nothing typed before it, it is the end. */
export const FLUSH = 0x04;
/** VLNEXT, ^V: the next character means itself. */
export const QUOTE = 0x16;

const LINE_END = 0x0a;
/** Linux keeps 4,096 bytes of a line and drops what is more. */
const LONGEST_LINE = 1_000;

export interface TypedInput {
  /** What to type for these bytes; once typed, all of them can be read. */
  type(bytes: Uint8Array): Buffer;
  /** What to type for the end of the input. */
  readonly end: Buffer;
}

/** For a terminal as `besideTerminal` of `scripts.ts` sets it. */
export function createTypedInput(): TypedInput {
  return {
    type(bytes) {
      const typed = Buffer.allocUnsafe(bytes.length * 2 + Math.ceil(bytes.length / LONGEST_LINE) + 1);
      let length = 0;
      let line = 0;
      for (const byte of bytes) {
        if (byte === FLUSH || byte === QUOTE) typed[length++] = QUOTE;
        typed[length++] = byte;
        line = byte === LINE_END ? 0 : line + 1;
        if (line < LONGEST_LINE) continue;
        typed[length++] = FLUSH;
        line = 0;
      }
      // After a line end it would be the end of everything.
      if (line > 0) typed[length++] = FLUSH;
      return typed.subarray(0, length);
    },
    end: Buffer.of(FLUSH),
  };
}
