/** When tasks are advanced: whenever somebody asks, or news of the engine or time give a reason. */
import PQueue from "p-queue";
import type { Clock } from "../../../../../src/provider.ts";
import type { AdvanceHooks } from "./advance.ts";
import type { Task, Tasks } from "../tasks.ts";

export interface AdvancesParts {
  readonly tasks: Pick<Tasks, "locked" | "tell">;
  readonly clock: Clock;
  /** Resolves with the milliseconds after which to advance again. Never rejects. */
  readonly advance: (task: Task, hooks: AdvanceHooks) => Promise<number | undefined>;
}

export interface Advances {
  /** Advances the task as soon as its turn comes. */
  kick(task: Task): void;
  /** As a kick, but not against a back-off, nor against one that begins before its turn: a try that fails makes events itself. */
  nudge(task: Task): void;
  /** Resolves when none is queued or under way. */
  idle(): Promise<void>;
}

/** Tasks advanced at once: engines create one container after the other anyway. */
const concurrency = 6;

/** One queue for all tasks; each task is in it at most once. */
export function createAdvances({ tasks, clock, advance }: AdvancesParts, closing: AbortSignal): Advances {
  const queue = new PQueue({ concurrency });
  const mayBeNudged = (task: Task): boolean => clock.monotonic() >= task.retryAt;
  async function run(task: Task): Promise<void> {
    const why = task.queued;
    task.queued = undefined;
    if (closing.aborted || (why === "nudge" && !mayBeNudged(task))) return;
    const lookIn = await advance(task, { tell: () => void tasks.tell(task), again: () => kick(task) });
    task.cancelLook();
    if (lookIn !== undefined) task.cancelLook = clock.after(lookIn, () => kick(task));
  }
  function add(task: Task, why: "kick" | "nudge"): void {
    if (closing.aborted) return;
    const isQueued = task.queued !== undefined;
    if (task.queued !== "kick") task.queued = why;
    if (!isQueued) void queue.add(() => tasks.locked(task, () => run(task)));
  }
  const kick = (task: Task): void => add(task, "kick");
  return {
    kick,
    nudge(task) {
      if (mayBeNudged(task)) add(task, "nudge");
    },
    idle: () => queue.onIdle(),
  };
}
