/** Time arrives as an argument everywhere, so that tests own it. */
export interface Clock {
  /** Wall time in milliseconds since 1970; may jump. For what is written into objects. */
  now(): number;
  /** Monotonic milliseconds since an arbitrary start; never jumps. For waits and rates. */
  monotonic(): number;
  /** Resolves after `ms` (monotonic); rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `fn` once after `ms`; the returned function cancels it. Does not keep the process alive. */
  after(ms: number, fn: () => void): () => void;
}

/** RFC 3339 with whole seconds, as metav1.Time is written. */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Milliseconds since 1970 of a metav1.Time or MicroTime; `undefined` when absent or not a time. */
export function parseTime(text: string | null | undefined): number | undefined {
  const ms = text === null || text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** RFC 3339 with 9 fraction digits, as log records carry it. */
export function rfc3339Nano(ms: number): string {
  const whole = Math.floor(ms);
  const nanoseconds = Math.floor((ms - whole) * 1e6);
  return new Date(whole).toISOString().replace("Z", `${String(nanoseconds).padStart(6, "0")}Z`);
}
