/** What a cloud allows one family of API calls. */
export interface CallLimits {
  /** Calls a second. */
  readonly rate: number;
  /** Calls that may go out at once. */
  readonly burst: number;
}

/** One family of API calls that shares one quota: a bucket that slows down when the cloud says so. */
export interface Limiter {
  /**
   * Waits for a token, then calls. A ProviderError `throttled` slows the family and is thrown on unchanged: whether
   * to try again is the caller's decision. Rejects with the signal's reason while it waits; then nothing was called.
   * `tokens`: of a call that makes others call as often; default 1.
   */
  run<T>(call: () => Promise<T>, signal?: AbortSignal, tokens?: number): Promise<T>;
  /** Calls that wait for a token. */
  readonly waiting: number;
  /** The cloud has told that no more than so many calls may be sent at once now: what was saved up beyond is lost. */
  atMost(tokens: number): void;
  /** Milliseconds until a call asked for now would be sent. */
  delay(): number;
  /** Calls a second at this moment. */
  readonly rate: number;
}
