/**
 * What can go wrong at a provider. `src/pods/plan/on-error.ts` holds the one table from kind to behaviour:
 * - `refused`, `invalid`: permanent; this pod can never run here as it is written.
 * - `denied`: credentials or permissions; waits and retries, never fails the pod.
 * - `throttled`: the cloud asks for patience; same try again after `retryAfter`.
 * - `noCapacity`: definite "nothing started"; a new try later.
 * - `notFound`: the thing asked for does not exist (for `stop`: success).
 * - `conflict`: somebody else changed it; read again and decide afresh.
 * - `transient`: definite or doubtful failure that will pass; same try again.
 * - `unknown`: nobody can tell whether it happened; same try again while the cloud remembers.
 */
export type ProviderErrorKind =
  | "refused"
  | "invalid"
  | "denied"
  | "throttled"
  | "noCapacity"
  | "notFound"
  | "conflict"
  | "transient"
  | "unknown";

export class ProviderError extends Error {
  readonly kind: ProviderErrorKind;
  /** CamelCase, reaches the pod's status and event unchanged. */
  readonly reason: string;
  /** Seconds after which a retry makes sense, when the cloud said so. */
  readonly retryAfter: number | undefined;

  constructor(
    kind: ProviderErrorKind,
    reason: string,
    message: string,
    options: { retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "ProviderError";
    this.kind = kind;
    this.reason = reason;
    this.retryAfter = options.retryAfter;
  }
}

/** Any thrown thing as a ProviderError: what is not one is `unknown`, because nobody said that nothing happened. */
export function asProviderError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ProviderError("unknown", "ProviderFailed", message, { cause: error });
}
