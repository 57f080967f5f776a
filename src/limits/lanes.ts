import PQueue from "p-queue";

export interface LaneOptions {
  /** Higher goes first; default 0; equal ones in order of arrival. */
  readonly priority?: number;
  /** Takes waiting work out of its lane. Work that has started is not touched: it has to watch the signal itself. */
  readonly signal?: AbortSignal | undefined;
}

/** Named lanes of concurrency, so that slow work of one kind cannot hold up another kind. */
export interface Lanes<Name extends string> {
  /** Resolves or rejects as `work` does; rejects with the signal's reason when taken out before it started. */
  run<T>(lane: Name, work: () => Promise<T>, options?: LaneOptions): Promise<T>;
  /** How much waits and how much runs. */
  load(lane: Name): { readonly waiting: number; readonly running: number };
  /** Resolves when nothing waits and nothing runs in any lane. */
  idle(): Promise<void>;
}

/** `concurrency`: how many may run at once, by lane. */
export function createLanes<Name extends string>(concurrency: Readonly<Record<Name, number>>): Lanes<Name> {
  const queues = new Map<Name, PQueue>();
  for (const name of Object.keys(concurrency) as Name[]) {
    queues.set(name, new PQueue({ concurrency: concurrency[name] }));
  }
  const lane = (name: Name): PQueue => {
    const queue = queues.get(name);
    if (queue === undefined) throw new Error(`there is no lane ${name}, only ${[...queues.keys()].join(", ")}`);
    return queue;
  };
  return {
    run: (name, work, options = {}) => enqueue(lane(name), work, options),
    load: (name) => ({ waiting: lane(name).size, running: lane(name).pending }),
    async idle() {
      // Work may start more work in another lane, so all must be found idle in one look.
      while ([...queues.values()].some((queue) => queue.size + queue.pending > 0)) {
        await Promise.all([...queues.values()].map((queue) => queue.onIdle()));
      }
    },
  };
}

/**
 * p-queue frees the slot of running work as soon as its signal aborts, although the work goes on: two would run
 * where one is allowed. So it gets a signal of ours, which follows the caller's only until the work has started.
 */
async function enqueue<T>(queue: PQueue, work: () => Promise<T>, { priority = 0, signal }: LaneOptions): Promise<T> {
  if (signal === undefined) return queue.add(work, { priority });
  signal.throwIfAborted();
  const waiting = new AbortController();
  const leave = (): void => waiting.abort(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  const start = (): Promise<T> => {
    signal.removeEventListener("abort", leave);
    return work();
  };
  return queue.add(start, { priority, signal: waiting.signal });
}
