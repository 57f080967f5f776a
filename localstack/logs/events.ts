import type { z } from "zod";
import { ApiError } from "../server/service.ts";
import type { filterEventsInput, getEventsInput } from "./inputs.ts";
import type { LogEvent } from "./store.ts";

type GetWish = Omit<z.output<typeof getEventsInput>, "logGroupName" | "logStreamName">;
type FilterWish = Pick<z.output<typeof filterEventsInput>, "startTime" | "endTime" | "nextToken" | "limit">;

/** An answer has at most 1 MB: the bytes of each message and 26 more. */
const mostBytes = 1_048_576;

export interface EventPage {
  readonly events: readonly LogEvent[];
  readonly nextForwardToken: string;
  readonly nextBackwardToken: string;
}

/**
 * GetLogEvents over what can be read. A token is a direction and a place in the stream; both directions always have
 * one, and at the end the answer has the token of the question, so that a reader sees that there is no more.
 */
export function eventPage(events: readonly LogEvent[], wish: GetWish): EventPage {
  const inTime = (event: LogEvent): boolean => isWithin(event, wish);
  const forward = wish.nextToken === undefined ? wish.startFromHead : wish.nextToken.startsWith("f/");
  const place = wish.nextToken === undefined ? (forward ? 0 : events.length) : placeOf(wish.nextToken, events.length);
  const [from, to] = forward
    ? [place, lastPlace(events, place, wish.limit, inTime)]
    : [firstPlace(events, place, wish.limit, inTime), place];
  return {
    events: events.slice(from, to).filter(inTime),
    nextForwardToken: tokenOf("f", to),
    nextBackwardToken: tokenOf("b", from),
  };
}

/** FilterLogEvents over several streams: by time, with a token for as long as there is more. */
export function filteredPage<Event extends LogEvent>(
  events: readonly Event[],
  wish: FilterWish,
): { readonly events: readonly Event[]; readonly nextToken: string | undefined } {
  const found = events.filter((event) => isWithin(event, wish)).toSorted((a, b) => a.timestamp - b.timestamp);
  const from = wish.nextToken === undefined ? 0 : placeOf(wish.nextToken, found.length);
  const to = lastPlace(found, from, wish.limit, () => true);
  return { events: found.slice(from, to), nextToken: to < found.length ? tokenOf("f", to) : undefined };
}

/** startTime counts, endTime does not. */
function isWithin(
  { timestamp }: LogEvent,
  { startTime = 0, endTime = Infinity }: Pick<GetWish, "startTime" | "endTime">,
): boolean {
  return timestamp >= startTime && timestamp < endTime;
}

function lastPlace(
  events: readonly LogEvent[],
  from: number,
  limit: number,
  counts: (event: LogEvent) => boolean,
): number {
  const room = roomFor(limit);
  let place = from;
  for (let event = events[place]; event !== undefined; event = events[++place]) {
    if (counts(event) && !room(event)) break;
  }
  return place;
}

function firstPlace(
  events: readonly LogEvent[],
  to: number,
  limit: number,
  counts: (event: LogEvent) => boolean,
): number {
  const room = roomFor(limit);
  let place = to;
  for (let event = events[place - 1]; event !== undefined; event = events[--place - 1]) {
    if (counts(event) && !room(event)) break;
  }
  return place;
}

/** Whether one more event fits, asked once for each. */
function roomFor(limit: number): (event: LogEvent) => boolean {
  let count = 0;
  let bytes = 0;
  return ({ message }) => {
    count += 1;
    bytes += Buffer.byteLength(message) + 26;
    return count <= limit && (bytes <= mostBytes || count === 1);
  };
}

const tokenOf = (direction: "f" | "b", place: number): string => `${direction}/${String(place).padStart(56, "0")}/s`;

function placeOf(token: string, length: number): number {
  const match = /^[fb]\/(\d{56})\/s$/.exec(token);
  if (match === null) throw new ApiError("InvalidParameterException", "The specified nextToken is invalid.");
  return Math.min(Number(match[1]), length);
}
