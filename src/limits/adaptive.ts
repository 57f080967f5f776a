/**
 * How fast a family of API calls may go, given how often the cloud asked for patience: halved by each throttle answer,
 * growing back by a fixed amount a second (additive increase, multiplicative decrease: the one pair of rules under
 * which several clients of one quota end up with equal shares). Pure: time is an argument, in monotonic milliseconds.
 */
export interface AdaptiveLimits {
  /** Calls a second when the cloud does not complain. */
  readonly rate: number;
  /** Never slower than this, in calls a second: a family that stands still would never learn that it may go on. */
  readonly floor: number;
  /** What a throttle answer multiplies the rate by, between 0 and 1. */
  readonly decrease: number;
  /** Calls a second gained back by each second without a throttle answer. */
  readonly recovery: number;
}

export interface AdaptiveState {
  /** Calls a second until `at`; it grows from then on. */
  readonly rate: number;
  readonly at: number;
  /** Nothing may be sent before this time, because the cloud said so. */
  readonly closedUntil: number;
}

export const fullSpeed = (limits: AdaptiveLimits): AdaptiveState => ({
  rate: limits.rate,
  at: -Infinity,
  closedUntil: -Infinity,
});

/** Calls a second at `now`. */
export function rateAt(state: AdaptiveState, limits: AdaptiveLimits, now: number): number {
  const seconds = Math.max(0, now - state.at) / 1000;
  return Math.min(limits.rate, state.rate + seconds * limits.recovery);
}

/** Monotonic milliseconds at which the family is back at full speed; `-Infinity` when it already is. */
export function recoveredAt(state: AdaptiveState, limits: AdaptiveLimits): number {
  if (state.rate >= limits.rate) return -Infinity;
  return state.at + ((limits.rate - state.rate) / limits.recovery) * 1000;
}

/**
 * After a throttle answer to a call that was sent at `sentAt`. Calls already under way when the family last slowed
 * down say nothing new: a hundred of them answered at once are one complaint, not a hundred.
 * `retryAfter`: seconds, when the cloud named a time; the family is closed until then, and grows back from then on.
 */
export function slowDown(
  state: AdaptiveState,
  limits: AdaptiveLimits,
  answer: { readonly sentAt: number; readonly now: number; readonly retryAfter: number | undefined },
): AdaptiveState {
  const named = answer.retryAfter === undefined ? -Infinity : answer.now + answer.retryAfter * 1000;
  const closedUntil = Math.max(state.closedUntil, named);
  const at = Math.max(answer.now, closedUntil);
  if (answer.sentAt <= state.at) return { rate: state.rate, at: Math.max(state.at, closedUntil), closedUntil };
  const rate = Math.max(limits.floor, rateAt(state, limits, answer.now) * limits.decrease);
  return { rate: Math.min(rate, limits.rate), at, closedUntil };
}
