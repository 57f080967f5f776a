import { type Clock, ProviderError, type TaskRef } from "../../../src/provider.ts";
import type { EcsClient } from "../client.ts";
import type { Feed } from "./feed.ts";
import { ownStopMark } from "./reasons.ts";
import type { KnownTask, Tasks } from "./known-tasks.ts";

/** So long after RunTask the other calls may not know the task yet. */
const UNKNOWN_FOR_MS = 60_000;
/** A StopTask that shows no effect by then is sent again. */
const AGAIN_MS = 30_000;

export interface StopOptions {
  readonly client: Pick<EcsClient, "stopTask">;
  readonly tasks: Tasks;
  readonly feed: Pick<Feed, "list" | "discard" | "gone">;
  readonly clock: Clock;
}

export type Stop = (task: TaskRef, how: { readonly discard: boolean }) => Promise<"stopping" | "stopped" | "gone">;

/**
 * Ends a task by StopTask: SIGTERM, then SIGKILL after the stopTimeout of its definition, which no later call can
 * shorten. ECS keeps an ended task for an hour and its log group for as long as it is told to: nothing is discarded.
 */
export function createStop({ client, tasks, feed, clock }: StopOptions): Stop {
  const sent = new Map<string, number>();

  const known = async (task: TaskRef): Promise<KnownTask | undefined> => {
    const found = tasks.find(task);
    if (found !== undefined) return found;
    await feed.list();
    return tasks.find(task);
  };
  return async (task, { discard }) => {
    const found = await known(task);
    if (found === undefined) return "gone";
    const { arn, state, since } = found;
    if (state.phase === "stopped") {
      sent.delete(arn);
      if (!discard) return "stopped";
      feed.discard(arn);
      return "gone";
    }
    // ECS ends it already, for us or by itself: a stop of ours has nothing to shorten, and its reason might replace ECS's.
    if (state.phase === "stopping") return "stopping";
    const before = sent.get(arn);
    if (before !== undefined && clock.monotonic() - before < AGAIN_MS) return "stopping";
    try {
      await client.stopTask(arn, `${ownStopMark}the pod ends`);
    } catch (error) {
      if (!(error instanceof ProviderError) || error.kind !== "notFound") throw error;
      if (clock.monotonic() - since < UNKNOWN_FOR_MS) return "stopping";
      sent.delete(arn);
      feed.gone(arn);
      return "gone";
    }
    sent.set(arn, clock.monotonic());
    return "stopping";
  };
}
