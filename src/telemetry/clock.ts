import type { Clock } from "../model/clock.ts";

/** Node's timers take a signed 32-bit number of milliseconds and fire at once for anything above it. */
const longestTimer = 2 ** 31 - 1;

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(asError(signal.reason));
      const abort = (): void => {
        cancel();
        reject(asError(signal?.reason));
      };
      const cancel = startTimer(ms, true, () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      signal?.addEventListener("abort", abort, { once: true });
    });
  },
  after: (ms, fn) => startTimer(ms, false, fn),
};

/** Re-arms until the time is really over: Node's timers also fire up to a millisecond early by `performance.now()`. */
function startTimer(ms: number, keepsAlive: boolean, fn: () => void): () => void {
  const due = performance.now() + ms;
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    timer = setTimeout(fire, Math.min(Math.ceil(Math.max(due - performance.now(), 0)), longestTimer));
    if (!keepsAlive) timer.unref();
  };
  const fire = (): void => {
    if (performance.now() < due) arm();
    else fn();
  };
  arm();
  return () => clearTimeout(timer);
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}
