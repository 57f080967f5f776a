/** Which of a container's runs Azure's log is of. Azure tells the present run and the one before alone. Pure. */
import { type ContainerState, parseTime, rfc3339Nano } from "../../../../src/provider.ts";
import { laterRun } from "../../groups/first-end.ts";
import type { KnownGroup } from "../../groups/known-groups.ts";
import type { Cursor } from "./cursor.ts";
import type { LogLine, LogText } from "./lines.ts";

export interface RunOfLog {
  /** It writes no more. */
  readonly isOver: boolean;
  /** The run that Azure's log is of, or may go back to: else Azure has nothing of it. */
  readonly which: "present" | "before" | "gone";
  /** Its lines are of this time on, and before that one. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** It is asked to end, and Azure may begin another one at any moment: a log that nobody knows again is not of this run. */
  readonly isLeaving?: boolean;
}

/** What is known of a group. */
export type KnownRuns = Pick<KnownGroup, "state" | "group" | "farewell">;

/** `known` undefined: the group is not there. */
export function runOf(known: KnownRuns | undefined, container: string, instance: number): RunOfLog {
  const found = known?.state.containers.find(({ name }) => name === container);
  if (known === undefined || found === undefined) return { isOver: true, which: "gone" };
  const { state, group, farewell } = known;
  const later = laterRun(group, found);
  const began = startOf(found.state);
  if (instance === found.instance && later !== undefined) {
    const to = later.state === "Waiting" ? undefined : wholeSecond(parseTime(later.startTime));
    // Of which run a line is, nobody can tell without that time.
    return to === undefined ? { isOver: true, which: "gone" } : { isOver: true, which: "before", from: began, to };
  }
  if (instance === found.instance) {
    const waitsAgain = found.state.is === "waiting" && found.last !== undefined;
    const isOver = found.state.is === "terminated" || waitsAgain || state.phase === "stopped";
    // That the log of a run begins with it is not verified; of the first run it is sure.
    return { isOver, which: "present", isLeaving: farewell !== undefined, ...(instance > 0 && { from: began }) };
  }
  if (instance === found.instance - 1) return { isOver: true, which: "before", from: startOf(found.last), to: began };
  return instance > found.instance ? { isOver: false, which: "present" } : { isOver: true, which: "gone" };
}

/** To the second: Azure tells no more. */
function startOf(run: ContainerState["state"] | undefined): string | undefined {
  return wholeSecond(run !== undefined && run.is !== "waiting" ? run.startedAt : undefined);
}

function wholeSecond(at: number | undefined): string | undefined {
  return at === undefined || at === 0 ? undefined : rfc3339Nano(Math.floor(at / 1000) * 1000);
}

/** Is a line of that run? */
export function linesOfRun({ from = "", to }: RunOfLog): (line: Pick<LogLine, "time">) => boolean {
  return ({ time }) => time >= from && (to === undefined || time < to);
}

/**
 * May this log be that of the next run, so that it is to be asked which one it is now? One that nobody knows again may be; and
 * while the run is about to end, also one of which nothing was known before.
 */
export function isDoubtful({ isLeaving }: RunOfLog, cursor: Cursor, text: LogText): boolean {
  return !cursor.knows(text) || (isLeaving === true && text.lines.length > 0 && !cursor.hasPlace);
}

/** A log of which nothing is known again, of a run that is about to end: Azure has begun the next one, and not said so yet. */
export function isForeign({ isLeaving }: RunOfLog, cursor: Cursor, text: LogText): boolean {
  return isLeaving === true && !cursor.knows(text);
}

/** What Azure keeps of a container that has ended. */
const endedBytes = 16 * 1024;
const endedLines = 1_000;
/** Azure cuts at a line's end or within one, which is not verified: a log this long may have been cut. */
const longest = 512;

export function mayBeCut(content: string, { lines }: LogText): boolean {
  return lines.length >= endedLines || Buffer.byteLength(content) > endedBytes - longest;
}
