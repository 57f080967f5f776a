/** Waiting for a condition, never for luck. */
import { setTimeout as sleep } from "node:timers/promises";
import { vi } from "vitest";

/**
 * Calls `look` until it returns something that is neither undefined nor false, nor an empty text: a container runs before
 * it has printed anything. Rejects with its last words after `withinMs`.
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 60_000,
): Promise<T> {
  const end = performance.now() + withinMs;
  let last: unknown = "it was not so";
  for (let pause = 20; ; pause = Math.min(pause * 1.5, 500)) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false && seen !== "") return seen;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`${what}: not within ${withinMs} ms`, { cause: last });
    await sleep(pause);
  }
}

/** Until the expectation holds; fails with its words after as long as no machine takes that is only busy. */
export async function soon(expectation: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(expectation, { timeout: 45_000 });
}
