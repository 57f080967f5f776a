/** How far somebody has read a log that is given anew each time, and may have lost its beginning. Pure. */
import type { LogLine, LogText } from "./lines.ts";
import { isNotice } from "./notices.ts";

/** By so many lines the place is found again; each has its time, so that a few would do. */
const remembered = 200;

export type Advance =
  /** `missed`: between what was read and this, lines are missing. */
  | { readonly fresh: readonly LogLine[]; readonly missed: boolean }
  /** The place is not in this part of the log: more of its end is needed. */
  | "more";

export interface AdvanceOptions {
  readonly isWhole: boolean;
  readonly isOver: boolean;
  readonly isOurs?: (line: LogLine) => boolean;
}

export class Cursor {
  #window: readonly string[];

  constructor(window: readonly LogLine[] = []) {
    const known = window.slice(window.findLastIndex(isNotice) + 1);
    this.#window = known.slice(-remembered).map(({ raw }) => raw);
  }

  /** Its place is somewhere in this, or it has none yet. */
  knows({ lines }: LogText): boolean {
    return lines.length === 0 || this.#placeIn(lines) !== undefined;
  }

  /** It has read something, by which it is sure of what it knows. */
  get hasPlace(): boolean {
    return this.#window.length > 0;
  }

  /**
   * `isWhole`: there is no more of it. `isOver`: nothing is written any more, so that an open line is a whole one. `isOurs`:
   * of which run a line is shows late, when the next one has been seen.
   */
  advance({ lines, isOpen }: LogText, { isWhole, isOver, isOurs = () => true }: AdvanceOptions): Advance {
    const closed = isOpen && !isOver ? lines.slice(0, -1) : lines;
    const at = this.#placeIn(closed);
    if (at === undefined && !isWhole) return "more";
    const fresh = closed.slice(at ?? 0).filter(isOurs);
    const missed = at === undefined && fresh.length > 0;
    this.#window = [...this.#window, ...fresh.slice(-remembered).map(({ raw }) => raw)].slice(-remembered);
    return { fresh, missed };
  }

  /** Behind the last line that was read, all that precedes it being alike. */
  #placeIn(lines: readonly LogLine[]): number | undefined {
    const window = this.#window;
    if (window.length === 0) return 0;
    for (let end = lines.length; end > 0; end--) {
      const length = Math.min(end, window.length);
      let same = 0;
      while (same < length && lines[end - 1 - same]?.raw === window[window.length - 1 - same]) same++;
      if (same === length) return end;
    }
    return undefined;
  }
}
