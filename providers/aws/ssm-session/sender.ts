/** Numbers what is sent, keeps it until it is acknowledged, and says what to send again. Pure: times are arguments. */

/** Of what is on its way at once: it holds up who writes faster than the other side takes. */
export const WINDOW = 256;
/** As amazon-ssm-agent and session-manager-plugin have them, milliseconds; the estimate is TCP's. */
const FIRST_TIMEOUT = 200;
const LONGEST_TIMEOUT = 1_000;
const GRANULARITY = 10;
/** Five minutes of trying, after which the plugin ends the session. */
const GIVE_UP_MS = 300_000;

export interface Sent<T> {
  readonly sequence: number;
  readonly message: T;
}

export interface Sender<T> {
  /** Is there room for one more? */
  readonly open: boolean;
  /** Nothing waits for its acknowledgement. */
  readonly idle: boolean;
  add(make: (sequence: number) => T, now: number): Sent<T>;
  acknowledge(sequence: number, now: number): void;
  /** What to send again now. The oldest alone is: all behind it may well have arrived. */
  due(now: number): Sent<T> | undefined;
  /** Milliseconds until it is worth to ask `due`; `undefined`: nothing waits. */
  wait(now: number): number | undefined;
  /** The other side has taken nothing for five minutes. */
  lost(now: number): boolean;
}

interface Waiting<T> extends Sent<T> {
  readonly firstAt: number;
  at: number;
  again: boolean;
}

export function createSender<T>(): Sender<T> {
  const waiting = new Map<number, Waiting<T>>();
  let next = 0;
  let trip = 100;
  let variation = 0;
  let timeout = FIRST_TIMEOUT;
  const oldest = (): Waiting<T> | undefined => waiting.values().next().value;
  return {
    get open() {
      return waiting.size < WINDOW;
    },
    get idle() {
      return waiting.size === 0;
    },
    add(make, now) {
      const sequence = next++;
      const one = { sequence, message: make(sequence), firstAt: now, at: now, again: false };
      waiting.set(sequence, one);
      return one;
    },
    acknowledge(sequence, now) {
      const one = waiting.get(sequence);
      if (one === undefined) return;
      waiting.delete(sequence);
      // Of one that was sent twice nobody knows which of both has arrived (Karn).
      if (one.again) return;
      const took = now - one.at;
      variation += (Math.abs(trip - took) - variation) / 4;
      trip += (took - trip) / 8;
      timeout = Math.min(LONGEST_TIMEOUT, trip + Math.max(GRANULARITY, 4 * variation));
    },
    due(now) {
      const one = oldest();
      if (one === undefined || now - one.at < timeout) return undefined;
      one.at = now;
      one.again = true;
      return one;
    },
    wait(now) {
      const one = oldest();
      return one === undefined ? undefined : Math.max(1, timeout - (now - one.at));
    },
    lost: (now) => now - (oldest()?.firstAt ?? now) > GIVE_UP_MS,
  };
}
