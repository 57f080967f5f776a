/**
 * May tasks be left to events? Not while the queue does not answer, nor where a change was seen that no event has told; and where the
 * queue's policy lets EventBridge not in, as a role of the rule may do all the same, not before the first event.
 */
import type { ProviderError } from "../../../src/provider.ts";

/** So late an event may be. EventBridge and SQS take about a second, and promise nothing. */
const GRACE_MS = 60_000;
/** Without a change that no event tells, until events are trusted again: they may come for some changes alone. */
const HOLD_MS = 300_000;

export type Verdict =
  /** Tasks are left to events. */
  | { readonly is: "trusted" }
  /** Nobody has asked the queue yet. */
  | { readonly is: "unknown" }
  | { readonly is: "unread"; readonly error: ProviderError }
  /** By the queue's policy none comes, and none has. */
  | { readonly is: "unproven" }
  /** No event has told this change of this task. */
  | { readonly is: "silent"; readonly task: string };

/** Times are monotonic milliseconds. */
export interface Trust {
  /** Whether the queue's policy lets EventBridge in. */
  opened(isOpen: boolean): void;
  /** The queue was read. */
  answered(): void;
  failed(error: ProviderError): void;
  /** An event of a task of this node has come, new or not. */
  heard(arn: string, version: number): void;
  /** A description showed what no event has told so far. */
  found(arn: string, version: number, now: number): void;
  verdict(now: number): Verdict;
}

export function createTrust(): Trust {
  let reading: Verdict = { is: "unknown" };
  let isProven = true;
  let silence: { readonly task: string; readonly since: number; heard: boolean } | undefined;
  /** Changes whose events are awaited. */
  const awaited = new Map<string, { readonly version: number; readonly since: number }>();

  /** Of what has been awaited for too long. */
  const overdue = (now: number): string | undefined => {
    let found: string | undefined;
    for (const [arn, { since }] of awaited) {
      if (now - since < GRACE_MS) continue;
      awaited.delete(arn);
      found ??= arn;
    }
    return found;
  };
  return {
    opened: (isOpen) => void (isProven = isOpen),
    answered() {
      reading = { is: "trusted" };
    },
    failed(error) {
      reading = { is: "unread", error };
      // Nobody could have told.
      awaited.clear();
    },
    heard(arn, version) {
      isProven = true;
      if (silence !== undefined) silence.heard = true;
      if ((awaited.get(arn)?.version ?? Infinity) <= version) awaited.delete(arn);
    },
    found(arn, version, now) {
      if (reading.is === "trusted") awaited.set(arn, { version, since: now });
    },
    verdict(now) {
      const task = overdue(now);
      if (task !== undefined) silence = { task, since: now, heard: false };
      else if (silence?.heard === true && now - silence.since >= HOLD_MS) silence = undefined;
      if (reading.is === "trusted" && !isProven) return { is: "unproven" };
      if (reading.is !== "trusted" || silence === undefined) return reading;
      return { is: "silent", task: silence.task };
    },
  };
}
