/** A network between client and agent that loses, repeats and shuffles messages, the same way each time. */
import type { PacedClock } from "../clock.ts";

export interface Weather {
  /** Of a hundred messages. */
  readonly lost: number;
  readonly repeated: number;
  readonly late: number;
}

/** Milliseconds by which a late message comes later. */
const LATE = 5;

/** `deliver` is called for each message that arrives, perhaps twice, perhaps later than its successors. */
export function createWeather(now: () => Weather, clock: PacedClock): (deliver: () => void) => void {
  // Numerical Recipes' generator: no test may depend on luck.
  let state = 12_345;
  const dice = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 32) * 100;
  };
  return (deliver) => {
    const { lost, repeated, late } = now();
    if (lost + repeated + late === 0) return deliver();
    if (dice() < lost) return;
    if (dice() < repeated) deliver();
    if (dice() < late) clock.after(LATE, deliver);
    else deliver();
  };
}
