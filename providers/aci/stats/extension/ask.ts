import PQueue from "p-queue";
import type { Clock, TaskState, TaskStats } from "../../../../src/provider.ts";
import type { KnownGroup } from "../../groups/known-groups.ts";
import { metricsPath, metricsPort } from "./extension.ts";
import { statsOf } from "./reading.ts";

export interface AskOptions {
  readonly clock: Clock;
  /** As `fetchText`. */
  readonly ask: (url: string, signal: AbortSignal) => Promise<string>;
}

const atOnce = 64;
/** Who asks for all of them waits for 8 seconds. */
const patienceMs = 5_000;
/** A group that did not answer is left alone for so long, so that those that never will cost the others nothing. */
const restMs = 30_000;
/** An answer tells of the moment, or of none that counts. */
const staleMs = 60_000;

/**
 * Usage of groups that have the extension: each is asked at its own address, which costs nothing of what Azure allows. One
 * that does not answer, or too late, is absent; the others are told.
 */
export function createAsk({ clock, ask }: AskOptions) {
  const restUntil = new Map<string, number>();

  const one = async (state: TaskState, host: string, signal: AbortSignal): Promise<TaskStats | undefined> => {
    // Its turn has not come: that says nothing of it.
    if (signal.aborted) return undefined;
    try {
      const told = await ask(`http://${host}:${metricsPort}${metricsPath}`, signal);
      restUntil.delete(state.id);
      return statsOf(state, told, clock.now() - staleMs);
    } catch {
      restUntil.set(state.id, clock.monotonic() + restMs);
      return undefined;
    }
  };

  return async (groups: readonly Pick<KnownGroup, "state">[]): Promise<readonly TaskStats[]> => {
    const now = clock.monotonic();
    for (const [id, until] of restUntil) if (until <= now) restUntil.delete(id);
    const over = new AbortController();
    const cancel = clock.after(patienceMs, () => over.abort());
    const queue = new PQueue({ concurrency: atOnce });
    const reached = groups.flatMap(({ state }) => {
      const [host] = state.podIPs;
      return host !== undefined && !restUntil.has(state.id) ? [{ state, host }] : [];
    });
    const asked = reached.map(async ({ state, host }) => queue.add(async () => one(state, host, over.signal)));
    const found = await Promise.all(asked).finally(cancel);
    return found.filter((stats) => stats !== undefined);
  };
}

/** An answer of thousands of containers; a group has 60. */
const longestAnswer = 1_048_576;

/**
 * The text of an answer with status 200. Rejects for any other, for one that is too long, and for one that points
 * elsewhere: where there is no extension the pod's own program may listen.
 */
export async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  const answer = await fetch(url, { signal, redirect: "error" });
  if (answer.status !== 200 || answer.body === null) {
    await answer.body?.cancel();
    throw new Error(`${url} answers ${answer.status}`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body) {
    length += chunk.length;
    if (length > longestAnswer) throw new Error(`${url} answers more than ${longestAnswer} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
