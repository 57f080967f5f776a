/** Looking at the cloud again and again, for what has no news of its own. */
import {
  asProviderError,
  type Clock,
  type ExpectedTask,
  type Log,
  type ProviderError,
  type TaskFeed,
} from "../../../src/provider.ts";

export type RoundsFeed = Pick<TaskFeed, "expected" | "health">;

export interface RoundsOptions {
  readonly feed: RoundsFeed;
  /** What cannot be read where a round fails. */
  readonly what: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const STEP_MS = 1_000;
const TROUBLE_LONGEST_MS = 30_000;

/** A round after the other until the signal. One that rejects is told once, and followed by longer pauses. */
export async function inRounds(
  round: () => Promise<void>,
  /** Milliseconds to the next one, asked again every second: what is begun meanwhile is not kept waiting. */
  pause: () => number,
  { feed, what, clock, log, signal }: RoundsOptions,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let wait = pause;
    try {
      await round();
      if (failures > 0) feed.health(undefined);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      const trouble: ProviderError = asProviderError(error);
      const { reason, message } = trouble;
      if (failures === 0) log.warn("what runs cannot be read", { what, reason, message });
      // A throttle answer is no trouble of the cloud: it slows these reads alone.
      if (trouble.kind !== "throttled") feed.health(trouble);
      const again = Math.min(STEP_MS * 2 ** failures++, TROUBLE_LONGEST_MS);
      wait = () => again;
    }
    const begun = clock.monotonic();
    do await clock.sleep(STEP_MS, signal).catch(() => undefined);
    while (!signal.aborted && clock.monotonic() - begun < wait());
  }
}

/** Rejects with the signal: pods may never become known. */
export async function expectedBy(
  { expected }: Pick<TaskFeed, "expected">,
  signal: AbortSignal,
): Promise<readonly ExpectedTask[]> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  const asked = Promise.race([expected?.() ?? [], aborted.promise]);
  return asked.finally(() => signal.removeEventListener("abort", abort));
}
