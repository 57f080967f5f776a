import {
  type CloudWatchLogsClient,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  GetLogEventsCommand,
  type OutputLogEvent,
} from "@aws-sdk/client-cloudwatch-logs";
import { type Limiter, ProviderError } from "../../../src/provider.ts";
import { awsError } from "../errors.ts";

/** One event of a stream: a line, but for what its container's log driver has joined. */
export interface LogEvent {
  /** Milliseconds since 1970, by the writer's clock. */
  readonly timestamp: number;
  /** Milliseconds since 1970, by CloudWatch's clock. */
  readonly ingestionTime: number;
  readonly message: string;
}

/** Oldest first. At most 1 MB and 10,000 events, and often fewer: only a token that stays the same is the end. */
export interface LogPage {
  readonly events: readonly LogEvent[];
  readonly forward: string | undefined;
  readonly backward: string | undefined;
}

export interface FoundEvent extends LogEvent {
  readonly id: string;
  readonly stream: string;
}

/** Reads one log group. Every method waits for its bucket, and rejects with a ProviderError: `notFound` for a stream that is not there. */
export interface LogsClient {
  page(
    stream: string,
    from: {
      readonly token?: string;
      readonly head?: boolean;
      readonly startTime?: number;
      readonly endTime?: number;
      readonly limit?: number;
    },
    signal?: AbortSignal,
  ): Promise<LogPage>;
  /** Events of several streams, at most 100, from `startTime` on. Rejects with `notFound` when one of them is not there. */
  filter(streams: readonly string[], from: { readonly startTime: number; readonly token?: string }): Promise<FoundPage>;
  /** Events of all streams that match a filter pattern. A page may be empty although others follow. */
  search(
    pattern: string,
    from: { readonly startTime: number; readonly endTime?: number; readonly token?: string },
    signal?: AbortSignal,
  ): Promise<FoundPage>;
}

export interface FoundPage {
  readonly events: readonly FoundEvent[];
  readonly next: string | undefined;
}

export interface LogsBuckets {
  readonly getLogEvents: Limiter;
  readonly filterLogEvents: Limiter;
}

export function createLogsClient(logs: CloudWatchLogsClient, group: string, buckets: LogsBuckets): LogsClient {
  const found = async (what: Omit<FilterLogEventsCommandInput, "logGroupName">, signal?: AbortSignal) => {
    const command = new FilterLogEventsCommand({ logGroupName: group, ...what });
    const send = async () => logs.send(command, { ...(signal && { abortSignal: signal }) });
    const page = await buckets.filterLogEvents.run(async () => asked(send, signal), signal);
    const events = (page.events ?? []).map((event) => ({
      ...eventOf(event),
      id: event.eventId ?? "",
      stream: event.logStreamName ?? "",
    }));
    return { events, next: page.nextToken };
  };
  return {
    async page(logStreamName, { token, head, startTime, endTime, limit }, signal) {
      const input = {
        logGroupName: group,
        logStreamName,
        nextToken: token,
        startFromHead: head ?? false,
        startTime,
        endTime,
        limit,
      };
      const send = async () => logs.send(new GetLogEventsCommand(input), { ...(signal && { abortSignal: signal }) });
      const found = await buckets.getLogEvents.run(async () => asked(send, signal), signal);
      return {
        events: (found.events ?? []).map(eventOf),
        forward: found.nextForwardToken,
        backward: found.nextBackwardToken,
      };
    },
    filter: async (streams, { startTime, token }) =>
      found({ logStreamNames: [...streams], startTime, nextToken: token }),
    search: async (filterPattern, { startTime, endTime, token }, signal) =>
      found({ filterPattern, startTime, endTime, nextToken: token }, signal),
  };
}

/** A group that is not there is a set-up to mend; a stream that is not there is a container that has written nothing. */
async function asked<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await call();
  } catch (error) {
    signal?.throwIfAborted();
    const meant = awsError(error);
    if (meant.kind === "notFound" && /log group/i.test(meant.message))
      throw new ProviderError("denied", "LogGroupMissing", `${meant.message} (fargate.logs.group)`, { cause: error });
    throw meant;
  }
}

function eventOf({ timestamp = 0, ingestionTime = 0, message = "" }: OutputLogEvent): LogEvent {
  return { timestamp, ingestionTime, message };
}
