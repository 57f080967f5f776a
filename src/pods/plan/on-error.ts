/** What each kind of provider error makes the node do: the one table. Pure. */
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

/** The next trouble after one more failure. `jitter` in [0, 1) spreads the retries of many pods. */
export function troubleAfter(before: Trouble | undefined, error: ProviderError, now: number, jitter: number): Trouble {
  const count = (before?.count ?? 0) + 1;
  const { first, longest } = onError[error.kind];
  const delay = Math.min(first * 2 ** Math.min(count - 1, 20), longest) * (0.8 + 0.4 * jitter);
  return { error, count, retryAt: now + Math.max(delay, (error.retryAfter ?? 0) * 1000) };
}
