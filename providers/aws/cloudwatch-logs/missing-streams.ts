import { ProviderError } from "../../../src/provider.ts";

/** FilterLogEvents takes so many names. */
const STREAMS = 100;
/** Streams that are looked for by one round: each costs a call of its own. */
const LOOKED_FOR = 5;
const FIRST_MS = 2_000;
const LONGEST_MS = 30_000;

/**
 * Streams that somebody waits for and that are not there: a container that has not written yet. One of them makes
 * FilterLogEvents refuse all that it was asked for with, so they are asked for alone, and more and more seldom. Pure.
 */
export class MissingStreams {
  readonly #due = new Map<string, { at: number; wait: number }>();

  /** Forgets those that nobody waits for any more. */
  keep(streams: readonly string[]): void {
    const wanted = new Set(streams);
    for (const stream of this.#due.keys()) if (!wanted.has(stream)) this.#due.delete(stream);
  }

  /** `now`: monotonic milliseconds. */
  notFound(stream: string, now: number): void {
    const before = this.#due.get(stream)?.wait ?? FIRST_MS / 2;
    const wait = Math.min(before * 2, LONGEST_MS);
    this.#due.set(stream, { at: now + wait, wait });
  }

  found(streams: readonly string[]): void {
    for (const stream of streams) this.#due.delete(stream);
  }

  /** By which calls a round reads these streams: those that are there a hundred by one call, and some of the others. */
  calls(streams: readonly string[], now: number): readonly (readonly string[])[] {
    const present = streams.filter((stream) => !this.#due.has(stream));
    const due = streams.filter((stream) => (this.#due.get(stream)?.at ?? Infinity) <= now);
    const chunks = Array.from({ length: Math.ceil(present.length / STREAMS) }, (_, index) =>
      present.slice(index * STREAMS, (index + 1) * STREAMS),
    );
    const oldest = due.toSorted((a, b) => (this.#due.get(a)?.at ?? 0) - (this.#due.get(b)?.at ?? 0));
    return [...chunks, ...oldest.slice(0, LOOKED_FOR).map((stream) => [stream])];
  }
}

/**
 * Asks for streams by as few calls as it takes: where one of them is not there CloudWatch refuses all, and does not tell
 * which. `missing` hears of it; the others' answers come in no promised order.
 */
export async function askPresent<T>(
  streams: readonly string[],
  ask: (streams: readonly string[]) => Promise<T>,
  missing: (stream: string) => void,
): Promise<readonly T[]> {
  try {
    return [await ask(streams)];
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== "notFound") throw error;
  }
  const [only] = streams;
  if (streams.length === 1 && only !== undefined) {
    missing(only);
    return [];
  }
  const middle = streams.length >> 1;
  const halves = [streams.slice(0, middle), streams.slice(middle)];
  return (await Promise.all(halves.map(async (half) => askPresent(half, ask, missing)))).flat();
}
