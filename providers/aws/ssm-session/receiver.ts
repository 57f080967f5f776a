/** Puts what arrives into its order: each message once, however the network loses, repeats and shuffles them. Pure. */

/** As many as the plugin keeps; of more than this nothing is acknowledged, so it is sent again. */
const CAPACITY = 10_000;

export interface Received<T> {
  /** The other side may forget it. What is not acknowledged is sent again. */
  readonly acknowledge: boolean;
  /** What can be handled now, in order. */
  readonly ready: readonly T[];
}

export interface Receiver<T> {
  take(sequence: number, message: T): Received<T>;
}

export function createReceiver<T>(): Receiver<T> {
  const early = new Map<number, T>();
  let expected = 0;
  return {
    take(sequence, message) {
      // Its acknowledgement was lost.
      if (sequence < expected) return { acknowledge: true, ready: [] };
      if (sequence > expected) {
        if (early.size >= CAPACITY && !early.has(sequence)) return { acknowledge: false, ready: [] };
        early.set(sequence, message);
        return { acknowledge: true, ready: [] };
      }
      const ready = [message];
      expected += 1;
      for (let next = early.get(expected); next !== undefined; next = early.get(expected)) {
        early.delete(expected);
        ready.push(next);
        expected += 1;
      }
      return { acknowledge: true, ready };
    },
  };
}
