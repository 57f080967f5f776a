import type { Clock } from "../../provider.ts";

export interface Remembered<T> {
  /** The last good answer, if there ever was one. */
  readonly value: T | undefined;
  /** When it came, milliseconds since 1970. */
  readonly at: number;
  /** Why it is not a newer one. */
  readonly error: unknown;
}

export interface RememberOptions<T> {
  readonly clock: Clock;
  readonly ask: () => Promise<T>;
  /** For how long an answer, also a failure, is taken for the present one. */
  readonly goodForMs: number;
  /** How long somebody waits for it; an answer that comes later is not used. */
  readonly patienceMs: number;
}

/** `since`: what was asked before then, milliseconds since 1970, is no answer, however fresh it is. Never rejects. */
export type Recall<T> = (since?: number) => Promise<Remembered<T>>;

/** Asks at most one question at a time, for however many who want to know. */
export function remembering<T>({ clock, ask, goodForMs, patienceMs }: RememberOptions<T>): Recall<T> {
  let last: Remembered<T> = { value: undefined, at: 0, error: undefined };
  let askedAt = 0;
  let freshUntil = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;

  const askOnce = async (): Promise<void> => {
    const { promise: late, reject } = Promise.withResolvers<never>();
    askedAt = clock.now();
    const cancel = clock.after(patienceMs, () => reject(new Error(`no answer within ${patienceMs / 1000} s`)));
    try {
      const value = await Promise.race([ask(), late]);
      last = { value, at: clock.now(), error: undefined };
    } catch (error) {
      last = { ...last, error };
    } finally {
      cancel();
      freshUntil = clock.monotonic() + goodForMs;
      asking = undefined;
    }
  };

  return async (since = 0) => {
    const isOld = clock.monotonic() >= freshUntil || (last.error === undefined && askedAt < since);
    if (asking !== undefined || isOld) await (asking ??= askOnce());
    return last;
  };
}
