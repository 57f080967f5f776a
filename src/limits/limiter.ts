import type { Clock } from "../model/clock.ts";
import type { CallLimits, Limiter } from "../model/context/limiter.ts";
import { ProviderError } from "../model/provider-error.ts";
import { type AdaptiveLimits, fullSpeed, rateAt, recoveredAt, slowDown } from "./adaptive.ts";
import { Bucket } from "./bucket.ts";

/** The rate and burst that the cloud allows; the rest has defaults, see `createLimiter`. */
export type LimiterOptions = CallLimits & Partial<AdaptiveLimits>;

/** While a family grows back, its bucket is told the new rate this often (milliseconds). */
const recoveryStep = 1_000;

/** Defaults: half the rate after a throttle, a tenth of the full rate as floor, full speed again after at most 20 s. */
export function createLimiter(clock: Clock, options: LimiterOptions): Limiter {
  const { rate, burst, floor = rate / 10, decrease = 0.5, recovery = rate / 20 } = options;
  const limits = { rate, floor, decrease, recovery };
  const bucket = new Bucket(clock, { rate, burst });
  let state = fullSpeed(limits);
  let cancelStep: (() => void) | undefined;

  const apply = (): void => {
    const now = clock.monotonic();
    const current = rateAt(state, limits, now);
    // The burst shrinks with the rate, or a slowed family would still send its whole burst after each pause.
    bucket.configure({ rate: current, burst: Math.max(1, (burst * current) / rate) });
    cancelStep?.();
    cancelStep = current < rate ? clock.after(nextStep(now), apply) : undefined;
  };
  const nextStep = (now: number): number => {
    if (now < state.at) return state.at - now;
    return Math.max(1, Math.min(recoveryStep, Math.ceil(recoveredAt(state, limits) - now)));
  };
  const slow = (sentAt: number, retryAfter: number | undefined): void => {
    const now = clock.monotonic();
    state = slowDown(state, limits, { sentAt, now, retryAfter });
    apply();
    // At the present rate the bucket is back at one token exactly when the cloud wants to hear from us again.
    const closedSeconds = Math.max(0, state.closedUntil - now) / 1000;
    bucket.drain(closedSeconds > 0 ? 1 - closedSeconds * bucket.limits.rate : 0);
  };

  return {
    async run(call, signal, tokens = 1) {
      await bucket.take(tokens, signal);
      const sentAt = clock.monotonic();
      try {
        return await call();
      } catch (error) {
        if (error instanceof ProviderError && error.kind === "throttled") slow(sentAt, error.retryAfter);
        throw error;
      }
    },
    get waiting() {
      return bucket.waiting;
    },
    atMost: (tokens) => bucket.drain(Math.max(0, tokens)),
    delay: () => bucket.delay(),
    get rate() {
      return bucket.limits.rate;
    },
  };
}
