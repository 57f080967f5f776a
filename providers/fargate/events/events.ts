/** Reads the events of a node's tasks, and says whether tasks may be left to them. */
import { asProviderError, type Clock, type Log } from "../../../src/provider.ts";
import type { Owner } from "../identity.ts";
import { BATCH, type EventQueue, letsEventBridgeIn, type QueueMessage } from "./queue.ts";
import { type TaskEvent, told } from "./task-event.ts";
import { createTrust, type Verdict } from "./trust.ts";

/** The longest that SQS lets anybody wait. */
const WAIT_SECONDS = 20;
/**
 * SQS answers with the first message that there is, so that each event of a busy time would take two calls, each a millisecond
 * of processor time: after an answer that is not full what comes next is left to gather.
 */
const GATHER_MS = 200;
const TROUBLE_FIRST_MS = 1_000;
const TROUBLE_LONGEST_MS = 30_000;

export interface EventsOptions {
  readonly queue: Pick<EventQueue, "url" | "receive" | "delete" | "policy">;
  /** Name of the cluster of ECS. */
  readonly cluster: string;
  readonly owner: Owner;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Events {
  /**
   * Hands on each event of this node's tasks, new or not, and deletes its message afterwards: what comes to nothing comes
   * again. Until the signal aborts; never rejects, as `hear` may not either.
   */
  read(hear: (event: TaskEvent) => Promise<void>, signal: AbortSignal): Promise<void>;
  /** A description has shown a change that no event has told so far. */
  found(arn: string, version: number): void;
  /** Are tasks to be left to events now? Looked at often: it tells in the log when that changes. */
  areTrusted(): boolean;
}

export function createEvents({ queue, cluster, owner, clock, log }: EventsOptions): Events {
  const trust = createTrust();
  let last: Verdict = { is: "unknown" };
  let malformed = 0;

  const take = async (message: QueueMessage, hear: (event: TaskEvent) => Promise<void>): Promise<void> => {
    const found = told(message.body, cluster, owner);
    if (found.is === "event") {
      const { taskArn, version } = found.event.task;
      trust.heard(taskArn, version);
      await hear(found.event);
    }
    if (found.is !== "malformed") return;
    malformed += 1;
    const fields = { queue: queue.url, why: found.why, count: malformed };
    if (malformed === 1) log.warn("a message in the queue of events is none, and is deleted", fields);
    else log.debug("another message in the queue of events is none, and is deleted", fields);
  };
  return {
    async read(hear, signal) {
      let failures = 0;
      // Whether the queue answers is known at once, and not when the first wait is over.
      let wait = 0;
      let isLookedAt = false;
      while (!signal.aborted) {
        try {
          // Who may not look at the policy believes.
          if (!isLookedAt) trust.opened(await queue.policy().then(letsEventBridgeIn, () => true));
          isLookedAt = true;
          const messages = await queue.receive(wait, signal);
          // One by one, in the order in which they came.
          for (const message of messages) await take(message, hear);
          if (messages.length > 0) await queue.delete(messages);
          trust.answered();
          wait = WAIT_SECONDS;
          failures = 0;
          if (messages.length > 0 && messages.length < BATCH) await clock.sleep(GATHER_MS, signal);
        } catch (error) {
          if (signal.aborted) return;
          trust.failed(asProviderError(error));
          wait = 0;
          isLookedAt = false;
          const pause = Math.min(TROUBLE_FIRST_MS * 2 ** failures++, TROUBLE_LONGEST_MS);
          await clock.sleep(pause, signal).catch(() => undefined);
        }
      }
    },
    found: (arn, version) => trust.found(arn, version, clock.monotonic()),
    areTrusted() {
      const verdict = trust.verdict(clock.monotonic());
      if (isNews(verdict, last)) tell(verdict, queue.url, log);
      last = verdict;
      return verdict.is === "trusted";
    },
  };
}

function isNews(verdict: Verdict, last: Verdict): boolean {
  if (verdict.is === "unread" && last.is === "unread") return verdict.error.message !== last.error.message;
  return verdict.is !== last.is;
}

function tell(verdict: Verdict, queue: string, log: Log): void {
  switch (verdict.is) {
    case "unknown":
      return;
    case "trusted":
      return log.info("tasks are left to events of ECS", { queue });
    case "unread":
      return log.warn("events of ECS cannot be read: tasks are polled until they can", { queue, error: verdict.error });
    case "unproven":
      return log.warn(
        `the policy of the queue of events does not let EventBridge in: tasks are polled until the first event comes; unless the rule's target has a role, aws sqs set-queue-attributes --queue-url ${queue} --attributes file://deploy/iam/events-queue.json`,
        { queue },
      );
    case "silent":
      return log.warn(
        "changes of tasks come without events of ECS: tasks are polled; look at the rule of EventBridge and its failed invocations, and whether another node reads this queue",
        { queue, task: verdict.task },
      );
  }
}
