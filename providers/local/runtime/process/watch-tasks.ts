import { asProviderError, type TaskFeed, type TaskIdentity } from "../../../../src/provider.ts";
import { taskKey } from "./paths.ts";
import type { Event } from "./protocol.ts";
import { reachSupervisor, type SupervisorPlace } from "./supervisor-client.ts";

/** Until the next try to reach a supervisor that does not come up, milliseconds. */
const retryWait = 1000;

/** Feeds the supervisor's events, over any number of supervisors, until the signal aborts. */
export async function watchTasks(place: SupervisorPlace, feed: TaskFeed, signal: AbortSignal): Promise<void> {
  const known = new Map<string, TaskIdentity>();
  const progress = { synced: false };
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  let troubled = false;
  while (!signal.aborted) {
    try {
      const connection = await reachSupervisor(place, listener(feed, known, progress), signal);
      await connection.call("subscribe", {});
      if (troubled) feed.health(undefined);
      troubled = false;
      await Promise.race([connection.closed, aborted]);
      connection.close();
    } catch (error) {
      if (signal.aborted) return;
      troubled = true;
      feed.health(asProviderError(error));
      await place.clock.sleep(retryWait, signal).catch(() => undefined);
    }
  }
}

/** Events of one connection: what the supervisor does not name before `synced` is gone. */
function listener(
  feed: TaskFeed,
  known: Map<string, TaskIdentity>,
  progress: { synced: boolean },
): (event: Event) => void {
  const named = new Set<string>();
  const forget = (identity: TaskIdentity): void => {
    known.delete(taskKey(identity));
    feed.gone(identity);
  };
  return (event) => {
    switch (event.event) {
      case "task":
        named.add(event.state.id);
        known.set(event.state.id, event.state.identity);
        return feed.task(event.state);
      case "gone":
        return forget(event.identity);
      case "synced":
        for (const [key, identity] of known) if (!named.has(key)) forget(identity);
        if (!progress.synced) feed.synced();
        progress.synced = true;
    }
  };
}
