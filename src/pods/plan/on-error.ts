/** What each kind of provider error makes the node do: the one table. Pure. */
import { rfc3339 } from "../../model/clock.ts";
import type { ProviderError, ProviderErrorKind } from "../../model/provider-error.ts";
import type { Trouble } from "./world.ts";

export interface Behaviour {
  /**
   * `same`: the same try again (doubt repeats the token); `next`: nothing was started, so a new try;
   * `never`: a launch is refused for good; any other operation is still repeated.
   */
  readonly retry: "same" | "next" | "never";
  /** Milliseconds: the first delay, doubling up to the longest. */
  readonly first: number;
  readonly longest: number;
}

export const onError: Readonly<Record<ProviderErrorKind, Behaviour>> = {
  refused: { retry: "never", first: 30_000, longest: 300_000 },
  invalid: { retry: "never", first: 30_000, longest: 300_000 },
  denied: { retry: "same", first: 5_000, longest: 300_000 },
  throttled: { retry: "same", first: 1_000, longest: 60_000 },
  noCapacity: { retry: "next", first: 5_000, longest: 300_000 },
  notFound: { retry: "same", first: 2_000, longest: 60_000 },
  conflict: { retry: "same", first: 1_000, longest: 30_000 },
  transient: { retry: "same", first: 1_000, longest: 60_000 },
  unknown: { retry: "same", first: 2_000, longest: 60_000 },
};

/** Kinds after which it is certain that the launch has started nothing. */
export const startsNothing: ReadonlySet<ProviderErrorKind> = new Set([
  "refused",
  "invalid",
  "denied",
  "throttled",
  "noCapacity",
]);

/** A retry that is far away is worth saying when; nearer ones would cost a patch each and say nothing in time. */
const WORTH_SAYING_MS = 10_000;

/** What the waiting containers say while a launch is held up. */
export function heldUp({ error, count, retryAt, waitMs }: Trouble): { reason: string; message: string } {
  const when = waitMs < WORTH_SAYING_MS ? "" : ` (failed ${count} times, next try at ${rfc3339(retryAt)})`;
  return { reason: error.reason, message: `${error.message}${when}` };
}

/** The next trouble after one more failure. `jitter` in [0, 1) spreads the retries of many pods. */
export function troubleAfter(before: Trouble | undefined, error: ProviderError, now: number, jitter: number): Trouble {
  const count = (before?.count ?? 0) + 1;
  const { first, longest } = onError[error.kind];
  const delay = Math.round(Math.min(first * 2 ** (count - 1), longest) * (0.8 + 0.4 * jitter));
  const waitMs = Math.max(delay, (error.retryAfter ?? 0) * 1000);
  return { error, count, waitMs, retryAt: now + waitMs };
}
