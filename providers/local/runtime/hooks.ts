/** Hooks that run beside whoever waits for them: asked for again and again, each runs once. */
import type { ContainerRef } from "../../../src/provider.ts";
import type { Runtime } from "./runtime.ts";
import type { HookSpec } from "../../hooks/hook-spec.ts";
import { type HookWays, performHook } from "../../hooks/perform-hook.ts";

export interface Hooks {
  /**
   * Starts the hook unless it runs already. `undefined`: it runs, and `changed` is called when it has ended; then the
   * next call with the same key gives the outcome, once.
   */
  outcome(key: string, target: ContainerRef, hook: HookSpec, changed: () => void): HookOutcome | undefined;
  /** Gives up every hook whose key begins so. */
  forget(prefix: string): void;
  /** Gives up every hook. */
  close(): void;
}

/** `failure`: why it failed; `undefined` when it succeeded. */
export interface HookOutcome {
  readonly failure: string | undefined;
}

type Entry = { readonly stop: AbortController; outcome: HookOutcome | undefined };

export function createHooks(runtime: Required<Pick<Runtime, "exec" | "forward">>, clock: HookWays["clock"]): Hooks {
  const entries = new Map<string, Entry>();
  async function run(entry: Entry, target: ContainerRef, hook: HookSpec): Promise<void> {
    const ways: HookWays = {
      exec: (command, signal) => runtime.exec(target, command, signal),
      connect: (port, signal) => runtime.forward(target.task, port, signal),
      clock,
    };
    try {
      await performHook(hook, ways, entry.stop.signal);
      entry.outcome = { failure: undefined };
    } catch (error) {
      entry.outcome = { failure: error instanceof Error ? error.message : String(error) };
    }
  }
  function forget(prefix: string): void {
    for (const [key, { stop }] of entries) {
      if (!key.startsWith(prefix)) continue;
      entries.delete(key);
      stop.abort(new Error("the hook is not waited for any more"));
    }
  }
  return {
    outcome(key, target, hook, changed) {
      const known = entries.get(key);
      if (known?.outcome !== undefined) entries.delete(key);
      if (known !== undefined) return known.outcome;
      const entry: Entry = { stop: new AbortController(), outcome: undefined };
      entries.set(key, entry);
      void run(entry, target, hook).then(() => entries.get(key) === entry && changed());
      return undefined;
    },
    forget,
    close: () => forget(""),
  };
}
