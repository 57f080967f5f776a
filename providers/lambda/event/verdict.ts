/** The runs of one event → what is known of it. Pure. */
import type { Terminated } from "../../../src/provider.ts";
import { unknownCode, unknownReason } from "../outcome/unknown.ts";
import type { Delivery } from "./deliveries.ts";

/** How Lambda treats events of a function (GetFunctionEventInvokeConfig). */
export interface EventConfig {
  /** Further runs of one that has failed. */
  readonly retries: number;
  /** Seconds for which Lambda tries to run it. */
  readonly maxAge: number;
}

export interface EventTimes {
  /** Milliseconds since 1970; it was accepted then or earlier. */
  readonly acceptedAt: number;
  readonly now: number;
  /** Milliseconds that one run may take. */
  readonly timeout: number;
  /** Milliseconds for which nothing new was found in the log. */
  readonly quiet: number;
  /** Nobody knows whether it was accepted, and lines of it were waited for long enough. */
  readonly isGivenUp: boolean;
}

export type Verdict =
  | { readonly is: "queued" }
  | { readonly is: "running"; readonly startedAt: number }
  | { readonly is: "ended"; readonly end: Terminated; readonly delivery: Delivery | undefined; readonly final?: true };

/** Lines come by several ways: what is missing of an end may come so much later. */
const SETTLED_MS = 5_000;
/** Beyond its times nothing of an event is to be expected: clocks differ, and CloudWatch is late. */
const LATE_MS = 60_000;

/**
 * The first success wins. A failure is the end only when Lambda runs the event no more; what has ended and was neither for
 * sure is unknown, and final.
 */
export function verdictOf(deliveries: readonly Delivery[], config: EventConfig, times: EventTimes): Verdict {
  const { acceptedAt, now, timeout, quiet, isGivenUp } = times;
  const succeeded = deliveries.find(({ end }) => end?.exitCode === 0);
  // Duration and price are in a line behind the handler's.
  if (succeeded !== undefined && (succeeded.report !== undefined || quiet >= SETTLED_MS)) return ended(succeeded);
  const isLost = ({ end, startedAt, report }: Delivery): boolean =>
    end === undefined && (report === undefined ? now > startedAt + timeout + LATE_MS : quiet >= SETTLED_MS);
  if (succeeded === undefined) {
    const lost = deliveries.find(isLost);
    if (lost !== undefined) return unknown(noSign, lost);
    const failed = deliveries.filter(({ end }) => end !== undefined);
    const isSettled = quiet >= SETTLED_MS || failed.at(-1)?.report !== undefined;
    if (failed.length > config.retries && failed.length === deliveries.length && isSettled) return ended(failed.at(-1));
    const runs = deliveries.length > failed.length;
    if (!runs && now > acceptedAt + config.maxAge * 1_000 + LATE_MS)
      return failed.length > 0 ? ended(failed.at(-1)) : unknown(noLine, undefined);
    if (deliveries.length === 0 && isGivenUp) return unknown(neverSeen, undefined);
  }
  const [oldest] = deliveries;
  return oldest === undefined ? { is: "queued" } : { is: "running", startedAt: oldest.startedAt };
}

const noSign =
  "the function was run, and its log has no line that tells how that ended; the handlers of deploy/lambda write one";
const noLine = "the log of the function has no line of it, and Lambda has dropped the event by now";
const neverSeen =
  "nobody heard whether Lambda had taken the event, and the log of the function has no line of it: it may have been run, or may yet be";

function ended(delivery: Delivery | undefined): Verdict {
  const end = delivery?.end ?? { exitCode: unknownCode, reason: unknownReason };
  return { is: "ended", end: { is: "terminated", ...end, ...timesOf(delivery) }, delivery };
}

function unknown(why: string, delivery: Delivery | undefined): Verdict {
  const message = `nobody knows whether the function has run to its end, so it is not invoked again: ${why}`;
  const end = { exitCode: unknownCode, reason: unknownReason, message } as const;
  return { is: "ended", end: { is: "terminated", ...end, ...timesOf(delivery) }, delivery, final: true };
}

function timesOf(delivery: Delivery | undefined): Pick<Terminated, "startedAt" | "finishedAt"> {
  return { startedAt: delivery?.startedAt, finishedAt: delivery?.finishedAt };
}
