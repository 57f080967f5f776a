/**
 * Puts an output together again that comes in two streams, as `besidePipes` of `scripts.ts` sends it. Pure.
 *
 * What takes text for UTF-8 may change U+FFFD, the bytes EF BF BD, and nothing else. So in the stream of data BE stands for BF,
 * and the stream of choices tells for each BE in its turn which of both it was, by a letter. Text remains text.
 * The data end with BF and some letters more, because what is no character waits for what follows it.
 */
export interface Pairing {
  /** What is complete now, after more of either stream. Data are taken over, and mended where they are. */
  data(bytes: Buffer): readonly Buffer[];
  choices(letters: Buffer): readonly Buffer[];
  /** Everything has come, to the end of the data. */
  readonly whole: boolean;
}

export const HIDDEN = 0xbf;
export const COVER = 0xbe;
/** Letters of choices; base64 has neither of them. */
export const choice = { cover: 0x21, hidden: 0x3f } as const;

export function createPairing(): Pairing {
  const waiting: Buffer[] = [];
  let letters: Buffer = Buffer.alloc(0);
  let ended = false;

  /** The bytes of this piece that are known; the choices for the rest have yet to come. */
  const decided = (piece: Buffer): number => {
    let used = 0;
    let at = piece.indexOf(COVER);
    for (; at >= 0 && used < letters.length; at = piece.indexOf(COVER, at + 1))
      if (letters[used++] === choice.hidden) piece[at] = HIDDEN;
    letters = letters.subarray(used);
    return at < 0 ? piece.length : at;
  };
  const complete = (): readonly Buffer[] => {
    const known: Buffer[] = [];
    for (let piece = waiting[0]; piece !== undefined; piece = waiting[0]) {
      const length = decided(piece);
      if (length > 0) known.push(piece.subarray(0, length));
      if (length < piece.length) {
        waiting[0] = piece.subarray(length);
        break;
      }
      waiting.shift();
    }
    return known;
  };
  return {
    data(bytes) {
      if (ended) return [];
      const end = bytes.indexOf(HIDDEN);
      ended = end >= 0;
      waiting.push(ended ? bytes.subarray(0, end) : bytes);
      return complete();
    },
    choices(more) {
      letters = letters.length === 0 ? more : Buffer.concat([letters, more]);
      return complete();
    },
    get whole() {
      return ended && waiting.length === 0;
    },
  };
}

/** Takes a stream apart that carries choices among the records of another one. */
export function withoutChoices(bytes: Buffer): { readonly choices: Buffer; readonly rest: Buffer } {
  const choices = Buffer.allocUnsafe(bytes.length);
  const rest = Buffer.allocUnsafe(bytes.length);
  let chosen = 0;
  let others = 0;
  for (const byte of bytes) {
    if (byte === choice.cover || byte === choice.hidden) choices[chosen++] = byte;
    else rest[others++] = byte;
  }
  return { choices: choices.subarray(0, chosen), rest: rest.subarray(0, others) };
}
