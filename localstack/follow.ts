import type { Runtime } from "../providers/local/runtime/runtime.ts";
import type { TaskIdentity } from "../src/model/identity.ts";
import type { Clock } from "../src/model/clock.ts";
import type { TaskState } from "../src/model/task-state.ts";
import type { TaskStats } from "../src/model/task-stats.ts";
import { owner } from "./owner.ts";

/** What the runtime runs for a service of the stand-in. */
export interface Living {
  news(state: TaskState): void;
  /** The runtime knows nothing of it any more, though nobody has asked for that. */
  lost(): void;
}

/**
 * Tells the runtime's news to whom they are about, until the signal aborts. What an earlier stand-in has left in the runtime
 * ends: nobody would ever ask for it.
 */
export async function follow(
  runtime: Runtime,
  find: (identity: TaskIdentity) => Living | undefined,
  signal: AbortSignal,
): Promise<void> {
  const feed = {
    task(state: TaskState) {
      const { identity } = state;
      const living = find(identity);
      if (living !== undefined) living.news(state);
      else if (identity.clusterUid === owner.clusterUid) {
        void runtime.stop({ identity }, { graceSeconds: 0, discard: true }).catch(() => undefined);
      }
    },
    gone: (identity: TaskIdentity) => find(identity)?.lost(),
    synced() {},
    health() {},
  };
  await runtime.watch(feed, signal);
}

/** What all that the runtime runs uses. */
export type Sample = () => Promise<readonly TaskStats[]>;

/** Each asks for itself and a runtime is asked for all: one answer is for everybody who asks in this time. */
const goodForMs = 1_000;

export function sampling(runtime: Pick<Runtime, "stats">, clock: Pick<Clock, "monotonic">): Sample {
  let asked: { readonly at: number; readonly answer: Promise<readonly TaskStats[]> } | undefined;
  return () => {
    const at = clock.monotonic();
    if (asked === undefined || at - asked.at >= goodForMs) asked = { at, answer: runtime.stats() };
    return asked.answer;
  };
}
