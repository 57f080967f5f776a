/**
 * Averages of minutes → a counter. Each minute adds its average over the time that it covers, so that a difference of two
 * readings is exactly what Azure has told of the time between. Pure.
 */
import type { Minute } from "./answer.ts";

/** What is known of one run of a container. */
export interface Meter {
  /** Milliseconds since 1970: of this run, and the end of the last minute that is counted. */
  readonly startedAt: number;
  readonly until: number;
  readonly cpuSeconds: number;
  /** The average of that minute. */
  readonly memoryBytes: number;
}

export const minuteMs = 60_000;
/** A minute that has just ended may still change. How long is not verified. */
const settleMs = 60_000;
/** Azure tells a minute within a few minutes of its end; after so long it will not come. */
const lateMs = 300_000;
/** Azure is asked for no more than this: what a run used before is not counted. */
const lookBackMs = 3_600_000;

/** What Azure is to be asked for: whole minutes, milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** `undefined`: no minute has ended that is not known yet. `meter`: of the run that began at `startedAt`. */
export function spanOf(meter: Meter | undefined, startedAt: number, now: number): Span | undefined {
  const from = Math.max(floor(now - lookBackMs), nextOf(meter, startedAt));
  const to = floor(now - settleMs);
  return from < to ? { from, to } : undefined;
}

/**
 * What is known of the run that began at `startedAt` after these minutes, the oldest first. A minute that is missing is waited
 * for; when it does not come the counter begins anew from 0: nobody knows what was used meanwhile. So it does where the run is older
 * than what Azure was asked for.
 */
export function metered(
  known: Meter | undefined,
  startedAt: number,
  minutes: readonly Minute[],
  now: number,
): Meter | undefined {
  let meter = known?.startedAt === startedAt ? known : undefined;
  for (const { at, milliCores, bytes } of minutes) {
    const next = nextOf(meter, startedAt);
    const end = at + minuteMs;
    if (end + settleMs > now) break;
    if (at < next) continue;
    const isJoined = at === next;
    if (!isJoined && next + minuteMs + lateMs > now) break;
    const used = ((end - Math.max(at, startedAt)) / 1000) * (milliCores / 1000);
    const cpuSeconds = isJoined ? (meter?.cpuSeconds ?? 0) + used : 0;
    meter = { startedAt, until: end, cpuSeconds, memoryBytes: bytes };
  }
  return meter;
}

/** The begin of the minute that is to come next. */
function nextOf(meter: Meter | undefined, startedAt: number): number {
  return meter?.startedAt === startedAt ? meter.until : floor(startedAt);
}

function floor(time: number): number {
  return Math.floor(time / minuteMs) * minuteMs;
}
