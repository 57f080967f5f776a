/** Waits that double from `firstMs` to `mostMs`, each between half and all of it, so that clients spread out. */
export interface Backoff {
  next(): number;
  reset(): void;
}

export function createBackoff(firstMs: number, mostMs: number, random: () => number): Backoff {
  let step = firstMs;
  return {
    next() {
      const wait = step * (0.5 + random() / 2);
      step = Math.min(step * 2, mostMs);
      return wait;
    },
    reset() {
      step = firstMs;
    },
  };
}
