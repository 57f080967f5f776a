/** Lets so many in at once for each key, in the order in which they came. */
export interface Gate {
  /** Resolves with what lets the next one in. `limit` is the key's from now on. Rejects with the signal's reason. */
  enter(key: string, limit: number, signal: AbortSignal): Promise<() => void>;
}

interface Queue {
  inside: number;
  limit: number;
  readonly waiting: Set<() => void>;
}

export function createGate(): Gate {
  const queues = new Map<string, Queue>();

  const admit = (queue: Queue): void => {
    for (const enter of queue.waiting) {
      if (queue.inside >= queue.limit) return;
      queue.waiting.delete(enter);
      queue.inside++;
      enter();
    }
  };
  const leaver = (key: string, queue: Queue) => {
    let left = false;
    return (): void => {
      if (left) return;
      left = true;
      queue.inside--;
      admit(queue);
      if (queue.inside === 0 && queue.waiting.size === 0) queues.delete(key);
    };
  };
  return {
    async enter(key, limit, signal) {
      signal.throwIfAborted();
      const queue = queues.get(key) ?? { inside: 0, limit, waiting: new Set() };
      queues.set(key, queue);
      queue.limit = limit;
      const turn = Promise.withResolvers<void>();
      const enter = (): void => turn.resolve();
      queue.waiting.add(enter);
      const leave = (): void => {
        // Who is inside already leaves by itself.
        if (queue.waiting.delete(enter)) turn.reject(signal.reason as Error);
      };
      signal.addEventListener("abort", leave, { once: true });
      admit(queue);
      try {
        await turn.promise;
      } finally {
        signal.removeEventListener("abort", leave);
        if (queue.inside === 0 && queue.waiting.size === 0) queues.delete(key);
      }
      return leaver(key, queue);
    },
  };
}
