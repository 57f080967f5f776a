/** One worker a key: a key that is asked for while it is worked on is worked on once more, never twice at once. */
import type { Clock } from "../model/clock.ts";

export interface KeyQueue {
  /** Works on the key as soon as possible. */
  add(key: string): void;
  /** Works on the key no later than `at` (wall clock, milliseconds); a nearer time replaces a later one. */
  addAt(key: string, at: number): void;
  /** Takes no more work; resolves when what runs has ended. */
  drain(): Promise<void>;
}

interface Entry {
  running: boolean;
  again: boolean;
  failures: number;
  timer: { at: number; cancel: () => void } | undefined;
}

/** The API server's troubles pass: a key that failed is tried again after 0.5 s, doubling to 30 s. */
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 30_000;

/** `work` must not reject for expected failures; a rejection is reported and tried again with back-off, for ever. */
export function createKeyQueue(
  clock: Clock,
  work: (key: string) => Promise<void>,
  failed: (key: string, error: unknown, retryInMs: number) => void,
): KeyQueue {
  const entries = new Map<string, Entry>();
  const running = new Set<Promise<void>>();
  let closed = false;

  const run = async (key: string, entry: Entry): Promise<void> => {
    entry.running = true;
    do {
      entry.again = false;
      try {
        await work(key);
        entry.failures = 0;
      } catch (error) {
        const delay = Math.min(RETRY_FIRST_MS * 2 ** entry.failures, RETRY_MAX_MS);
        entry.failures = Math.min(entry.failures + 1, 16);
        failed(key, error, delay);
        addAt(key, clock.now() + delay);
      }
    } while (entry.again && !closed);
    entry.running = false;
    if (entry.timer === undefined) entries.delete(key);
  };

  const add = (key: string): void => {
    if (closed) return;
    const entry = entryOf(entries, key);
    if (entry.running) {
      entry.again = true;
      return;
    }
    entry.timer?.cancel();
    entry.timer = undefined;
    const job = run(key, entry);
    running.add(job);
    void job.finally(() => running.delete(job));
  };

  const addAt = (key: string, at: number): void => {
    if (closed) return;
    const entry = entryOf(entries, key);
    if (entry.timer !== undefined && entry.timer.at <= at) return;
    entry.timer?.cancel();
    const cancel = clock.after(Math.max(0, at - clock.now()), () => {
      entry.timer = undefined;
      add(key);
    });
    entry.timer = { at, cancel };
  };

  return {
    add,
    addAt,
    async drain() {
      closed = true;
      for (const entry of entries.values()) entry.timer?.cancel();
      await Promise.all(running);
    },
  };
}

function entryOf(entries: Map<string, Entry>, key: string): Entry {
  const known = entries.get(key);
  if (known !== undefined) return known;
  const entry: Entry = { running: false, again: false, failures: 0, timer: undefined };
  entries.set(key, entry);
  return entry;
}
