import type { Clock } from "../model/clock.ts";
import { assertAmount, assertLimits, type BucketLimits, type Level, levelAt, waitBehind, waitFor } from "./tokens.ts";

/**
 * A token bucket on the monotonic clock, full at first: in any span of t seconds it gives at most `burst + rate * t`
 * tokens. First come, first served: nobody overtakes one who waits, so a large request cannot starve.
 */
export class Bucket {
  readonly #clock: Clock;
  readonly #queue: { readonly tokens: number; readonly serve: () => void }[] = [];
  #limits: BucketLimits;
  #level: Level;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, limits: BucketLimits) {
    assertLimits(limits);
    this.#clock = clock;
    this.#limits = limits;
    this.#level = { tokens: limits.burst, at: clock.monotonic() };
  }

  get limits(): BucketLimits {
    return this.#limits;
  }

  /** How many calls of `take` wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Resolves once `n` tokens are taken; rejects with the signal's reason, and then took nothing.
   * More than `burst` at once is served from a full bucket, which then owes the rest.
   */
  take(n = 1, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      assertAmount(n);
      if (signal?.aborted) return reject(signal.reason as Error);
      const abort = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1);
        reject(signal?.reason as Error);
        this.#serve();
      };
      const serve = (): void => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const waiter = { tokens: n, serve };
      signal?.addEventListener("abort", abort, { once: true });
      this.#queue.push(waiter);
      this.#serve();
    });
  }

  /** Takes `n` tokens now, or nothing and false. */
  tryTake(n = 1): boolean {
    assertAmount(n);
    this.#count();
    if (this.#queue.length > 0 || waitFor(n, this.#level, this.#limits) > 0) return false;
    this.#spend(n);
    return true;
  }

  /** Milliseconds until a `take(n)` asked for now would be served, after all who wait; Infinity at rate 0. */
  delay(n = 1): number {
    this.#count();
    return waitBehind([...this.#queue.map((waiter) => waiter.tokens), n], this.#level, this.#limits);
  }

  /** New limits from now on; what was saved up beyond the new burst is lost. */
  configure(limits: BucketLimits): void {
    assertLimits(limits);
    this.#count();
    this.#limits = limits;
    this.#serve();
  }

  /** Throws away what was saved up beyond `level`; below 0 it is a debt, to be paid before anything is served. */
  drain(level = 0): void {
    this.#count();
    this.#level = { ...this.#level, tokens: Math.min(this.#level.tokens, level) };
    this.#serve();
  }

  #count(): void {
    this.#level = levelAt(this.#level, this.#limits, this.#clock.monotonic());
  }

  #spend(n: number): void {
    this.#level = { ...this.#level, tokens: this.#level.tokens - n };
  }

  #serve(): void {
    this.#count();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const wait = waitFor(next.tokens, this.#level, this.#limits);
      if (wait > 0) return this.#serveLater(wait);
      this.#spend(next.tokens);
      this.#queue.shift();
      next.serve();
    }
  }

  #serveLater(wait: number): void {
    if (wait === Infinity) return;
    // Whole milliseconds: a timer for less than the clock can tell apart would fire for ever.
    this.#cancelTimer = this.#clock.after(Math.max(1, Math.ceil(wait)), () => this.#serve());
  }
}
