import { ProviderError } from "../../../../../src/provider.ts";
import type { Clock } from "../../../../../src/provider.ts";

export interface Progress {
  readonly running: boolean;
  /** `undefined`: not known. */
  readonly code: number | undefined;
}

const firstPause = 10;
const longestPause = 1000;

/**
 * Outputs end a moment before the engine has noted the end, or long before, when a process closes them and goes on:
 * this asks for as long as the engine says that it runs, and until the signal aborts. Rejects when there is no code.
 */
export async function exitCode(
  ask: () => Promise<Progress | undefined>,
  clock: Clock,
  signal: AbortSignal,
): Promise<number> {
  for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
    signal.throwIfAborted();
    const progress = await ask();
    if (progress?.running) {
      await clock.sleep(pause, signal);
      continue;
    }
    if (progress?.code !== undefined) return progress.code;
    throw new ProviderError("unknown", "ExitCodeLost", "the container engine no longer knows how the process ended");
  }
}
