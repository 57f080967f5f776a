/** Removes secrets that no task needs: mark and sweep, and no counting, so that nothing is forgotten over a crash. */
import { asProviderError, type Clock, type Log } from "../../../src/provider.ts";
import type { SecretsClient } from "./stores/client.ts";
import { nameIn } from "./names.ts";
import type { Vault } from "./vault.ts";

export interface SweepOptions {
  readonly client: Pick<SecretsClient, "list">;
  /** In the log: `secrets`, `parameters`, `objects`. */
  readonly what: string;
  readonly vault: Pick<Vault, "usedAt" | "remove">;
  /** What all secrets of this node are called. */
  readonly prefix: string;
  /** ARNs that tasks name which have not ended; `undefined`: not every task is known yet. */
  readonly inUse: () => ReadonlySet<string> | undefined;
  readonly graceSeconds: number;
  readonly clock: Clock;
  readonly log: Log;
}

const LONGEST_PAUSE_MS = 600_000;
const AFTER_SYNC_MS = 1_000;

/** Until the signal aborts; never rejects. */
export async function sweepSecrets(options: SweepOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, what, graceSeconds } = options;
  const sweep = createSweep(options);
  const pause = Math.min(LONGEST_PAUSE_MS, (graceSeconds * 1000) / 4);
  let told: string | undefined;
  while (!signal.aborted) {
    try {
      // Until every task is known, soon again.
      const swept = await sweep(signal);
      told = undefined;
      await clock.sleep(swept ? pause : AFTER_SYNC_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      const { reason, message } = asProviderError(error);
      if (told !== reason)
        log.warn("what pods had in AWS and no task needs cannot be removed", { what, reason, message });
      told = reason;
      await clock.sleep(pause, signal).catch(() => undefined);
    }
  }
}

/** One round; false when it is too early for one. Also what somebody else has removed meanwhile counts as gone. */
function createSweep(options: SweepOptions): (signal: AbortSignal) => Promise<boolean> {
  const { client, what, vault, prefix, inUse, graceSeconds, clock, log } = options;
  /** Since when nobody needs it, monotonic milliseconds. */
  let unmarked = new Map<string, number>();
  return async (signal) => {
    if (inUse() === undefined) return false;
    const names = await client.list(prefix, signal);
    const arns = inUse();
    if (arns === undefined) return false;
    const now = clock.monotonic();
    const marked = new Set([...arns].map(nameIn));
    const due = (name: string): number =>
      Math.max(unmarked.get(name) ?? now, vault.usedAt(name) ?? -Infinity) + graceSeconds * 1000;
    unmarked = new Map(names.filter((name) => !marked.has(name)).map((name) => [name, unmarked.get(name) ?? now]));
    for (const name of unmarked.keys()) {
      // A launch may have asked for it since.
      if (signal.aborted || due(name) > clock.monotonic()) continue;
      await vault.remove(name);
      unmarked.delete(name);
      log.info("what a pod had in AWS and no task needs has been removed", { what, name });
    }
    return true;
  };
}
