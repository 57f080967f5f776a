/**
 * Gives memory back to the machine after a burst. V8 collects when something is allocated: a node that has become quiet
 * would keep the pages of its busiest minute for ever (measured with 5,000 pods: 343 MB, of which 214 are needed).
 */
import type { Clock } from "../model/clock.ts";

export interface Memory {
  /** Processor time used so far, seconds. */
  readonly cpuSeconds: () => number;
  /** Resident bytes. */
  readonly residentBytes: () => number;
  /** Collects everything and returns free pages. The process stands still for it: 0.2 s with 5,000 pods. */
  readonly collect: () => void;
}

const lookMs = 10_000;
/** Processor seconds since the last look: below it, nobody notices that the process stands still for a moment. */
const quietSeconds = 0.5;
/** Less than this is not worth a collection. */
const worthBytes = 32 * 2 ** 20;

/** Works until the signal aborts; does nothing where `memory` is `undefined`. */
export async function giveBack(clock: Clock, signal: AbortSignal, memory = ownMemory()): Promise<void> {
  if (memory === undefined) return;
  let kept = 0;
  while (!signal.aborted) {
    const before = memory.cpuSeconds();
    await clock.sleep(lookMs, signal).catch(() => undefined);
    const quiet = memory.cpuSeconds() - before < quietSeconds;
    if (signal.aborted || !quiet || memory.residentBytes() - kept < worthBytes) continue;
    memory.collect();
    kept = memory.residentBytes();
  }
}

/** `undefined` unless Node was started with --expose-gc, as `npm run burstlet` does. */
function ownMemory(): Memory | undefined {
  const { gc } = globalThis;
  if (gc === undefined) return undefined;
  return {
    cpuSeconds() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000_000;
    },
    residentBytes: () => process.memoryUsage.rss(),
    // The only flavor that also unmaps the pages that V8 keeps in reserve.
    collect: () => gc({ type: "major", execution: "sync", flavor: "last-resort" }),
  };
}
