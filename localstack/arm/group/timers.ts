import type { Clock } from "../../../src/model/clock.ts";

/** Timers by name: a later one of a name takes the place of the former. */
export class Timers {
  readonly #clock: Clock;
  readonly #cancels = new Map<string, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** At once where there is nothing to wait for. */
  set(name: string, seconds: number, then: () => void): void {
    this.cancel(name);
    if (seconds <= 0) return then();
    const fire = (): void => {
      this.#cancels.delete(name);
      then();
    };
    this.#cancels.set(name, this.#clock.after(seconds * 1000, fire));
  }

  cancel(name: string): void {
    this.#cancels.get(name)?.();
    this.#cancels.delete(name);
  }

  clear(): void {
    for (const name of this.#cancels.keys()) this.cancel(name);
  }
}
