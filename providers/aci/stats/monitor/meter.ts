/**
 * Averages of minutes → a counter. Each minute adds its average over the time that it covers, so that a difference of two
 * readings is exactly what Azure has told of the time between. Pure.
 */
import type { Minute } from "./answer.ts";

/** The counter of a container at the end of one minute. It goes on over the container's runs, or usage of short ones would be lost. */
export interface Meter {
  /** Milliseconds since 1970: of the run with which the counter began, and the end of the last minute that is counted. */
  readonly startedAt: number;
  readonly until: number;
  readonly cpuSeconds: number;
  /** The average of that minute. */
  readonly memoryBytes: number;
}

/** The newest run of a container that is known, milliseconds since 1970. */
export interface Run {
  readonly startedAt: number;
  readonly endedAt?: number | undefined;
}

export const minuteMs = 60_000;
/** A minute that has just ended may still change. How long is not verified. */
const settleMs = 60_000;
/** Azure tells a minute within a few minutes of its end; after so long it will not come. */
const lateMs = 300_000;
/** Azure is asked for no more than this: what a run used before is not counted. */
const lookBackMs = 3_600_000;
/** Minutes that are kept, the oldest first: groups are told of as of one minute, and are not read at one moment. */
const keptMeters = 6;

/** What Azure is to be asked for: whole minutes, milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** `undefined`: no minute has ended that is not known yet. */
export function spanOf(known: readonly Meter[], run: Run, now: number): Span | undefined {
  const from = Math.max(floor(now - lookBackMs), nextOf(known, run));
  const last = run.endedAt === undefined ? Infinity : floor(run.endedAt) + minuteMs;
  // Of an init container, or one that ended long ago, Azure may never tell.
  if (now > last + settleMs + lateMs) return undefined;
  const to = Math.min(floor(now - settleMs), last);
  return from < to ? { from, to } : undefined;
}

/**
 * What is known after these minutes, the oldest first. A minute that is missing is waited for; when it does not come the counter begins
 * anew from 0: nobody knows what was used meanwhile. So it does where the run is older than what Azure was asked for. Minutes that are
 * missing before the present run are those in which none was, and its first one may be too short to be told. A minute in which a run
 * follows another one counts as a whole.
 */
export function metered(known: readonly Meter[], run: Run, minutes: readonly Minute[], now: number): readonly Meter[] {
  const meters = [...known];
  for (const minute of minutes) {
    const { at } = minute;
    const next = nextOf(meters, run);
    if (at + minuteMs + settleMs > now) break;
    if (at < next) continue;
    const isKnown = at === next || at <= floor(run.startedAt) + minuteMs;
    if (!isKnown && next + minuteMs + lateMs > now) break;
    meters.push(meterAfter(isKnown ? meters.at(-1) : undefined, run, minute, isKnown));
  }
  return meters.slice(-keptMeters);
}

function meterAfter(before: Meter | undefined, run: Run, { at, milliCores, bytes }: Minute, isKnown: boolean): Meter {
  const until = at + minuteMs;
  const isFirst = floor(run.startedAt) === at && before?.until !== at;
  const seconds = (Math.min(until, Math.max(at, run.endedAt ?? until)) - (isFirst ? run.startedAt : at)) / 1000;
  const cpuSeconds = isKnown ? (before?.cpuSeconds ?? 0) + Math.max(0, seconds) * (milliCores / 1000) : 0;
  return { startedAt: before?.startedAt ?? run.startedAt, until, cpuSeconds, memoryBytes: bytes };
}

/** The begin of the minute that is to come next. */
function nextOf(known: readonly Meter[], run: Run): number {
  return known.at(-1)?.until ?? floor(run.startedAt);
}

function floor(time: number): number {
  return Math.floor(time / minuteMs) * minuteMs;
}
