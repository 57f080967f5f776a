import type { z } from "zod";
import { read } from "../ecs/input/read.ts";
import type { PacedClock } from "../clock.ts";
import type { ScenarioBox } from "../scenario/box.ts";
import type { Gate } from "../server/gate.ts";
import { jsonService } from "../server/json.ts";
import { ApiError, type Service } from "../server/service.ts";
import { eventPage, filteredPage } from "./events.ts";
import { matcherOf } from "./pattern.ts";
import {
  createGroupInput,
  describeGroupsInput,
  describeStreamsInput,
  filterEventsInput,
  getEventsInput,
} from "./inputs.ts";
import { type LogGroup, type LogStore, type LogStream, readable } from "./store.ts";

export interface LogsAccount {
  readonly clock: PacedClock;
  readonly scenario: ScenarioBox;
  readonly logs: LogStore;
}

/** CloudWatch Logs, as far as somebody reads what tasks have written. Bodies are as the API's members are named. */
export function logsService(account: LogsAccount, gate: Gate): Service {
  return jsonService({
    name: "logs",
    target: "Logs_20140328",
    gate,
    operations: {
      CreateLogGroup(input) {
        const { logGroupName } = read(createGroupInput, input, "CreateLogGroup");
        if (!account.logs.createGroup(logGroupName)) {
          throw new ApiError("ResourceAlreadyExistsException", "The specified log group already exists");
        }
        return {};
      },
      DescribeLogGroups: (input) => describeGroups(account, read(describeGroupsInput, input, "DescribeLogGroups")),
      DescribeLogStreams: (input) => describeStreams(account, read(describeStreamsInput, input, "DescribeLogStreams")),
      GetLogEvents(input) {
        const wish = read(getEventsInput, input, "GetLogEvents");
        const stream = streamOf(groupOf(account, wish.logGroupName), wish.logStreamName);
        return eventPage(readable(stream, account.clock.now()), wish);
      },
      FilterLogEvents: (input) => filterEvents(account, read(filterEventsInput, input, "FilterLogEvents")),
    },
  });
}

function groupOf({ logs }: LogsAccount, name: string): LogGroup {
  const group = logs.groups.get(name);
  if (group === undefined) throw new ApiError("ResourceNotFoundException", "The specified log group does not exist.");
  return group;
}

function streamOf({ streams }: LogGroup, name: string): LogStream {
  const stream = streams.get(name);
  if (stream === undefined) throw new ApiError("ResourceNotFoundException", "The specified log stream does not exist.");
  return stream;
}

const groupArn = ({ scenario }: LogsAccount, name: string): string =>
  `arn:aws:logs:${scenario.now.region}:${scenario.now.account}:log-group:${name}`;

function describeGroups(account: LogsAccount, wish: z.output<typeof describeGroupsInput>): object {
  const { logGroupNamePrefix: prefix = "", limit, nextToken } = wish;
  const names = [...account.logs.groups.keys()].filter((name) => name.startsWith(prefix)).toSorted();
  const { items, next } = pageByName(names, limit, nextToken);
  const logGroups = items.map((logGroupName) => ({
    logGroupName,
    creationTime: account.logs.groups.get(logGroupName)?.createdAt,
    metricFilterCount: 0,
    arn: `${groupArn(account, logGroupName)}:*`,
    logGroupArn: groupArn(account, logGroupName),
    storedBytes: 0,
    logGroupClass: "STANDARD",
  }));
  return { logGroups, nextToken: next };
}

function describeStreams(account: LogsAccount, wish: z.output<typeof describeStreamsInput>): object {
  const group = groupOf(account, wish.logGroupName);
  const byTime = wish.orderBy === "LastEventTime";
  if (byTime && wish.logStreamNamePrefix !== undefined) {
    throw new ApiError("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.");
  }
  const lastTime = (name: string): number => group.streams.get(name)?.events.at(-1)?.timestamp ?? 0;
  const sorted = [...group.streams.keys()]
    .filter((name) => name.startsWith(wish.logStreamNamePrefix ?? ""))
    .toSorted((a, b) => (byTime ? lastTime(a) - lastTime(b) : 0) || (a < b ? -1 : 1));
  const { items, next } = pageByName(wish.descending ? sorted.toReversed() : sorted, wish.limit, wish.nextToken);
  const logStreams = items.map((logStreamName) => {
    const stream = streamOf(group, logStreamName);
    const events = readable(stream, account.clock.now());
    return {
      logStreamName,
      creationTime: stream.createdAt,
      firstEventTimestamp: events[0]?.timestamp,
      lastEventTimestamp: events.at(-1)?.timestamp,
      lastIngestionTime: events.at(-1)?.ingestionTime,
      arn: `${groupArn(account, group.name)}:log-stream:${logStreamName}`,
      storedBytes: 0,
    };
  });
  return { logStreams, nextToken: next };
}

function filterEvents(account: LogsAccount, wish: z.output<typeof filterEventsInput>): object {
  const group = groupOf(account, wish.logGroupName);
  if (wish.logStreamNames !== undefined && wish.logStreamNamePrefix !== undefined) {
    throw new ApiError("InvalidParameterException", "logStreamNamePrefix and logStreamNames cannot be used together.");
  }
  const streams =
    wish.logStreamNames?.map((name) => streamOf(group, name)) ??
    [...group.streams.values()].filter(({ name }) => name.startsWith(wish.logStreamNamePrefix ?? ""));
  const all = streams.flatMap((stream) =>
    readable(stream, account.clock.now()).map((event, index) => {
      return { ...event, logStreamName: stream.name, eventId: eventId(event.timestamp, stream.name, index) };
    }),
  );
  const matching = all.filter(matcherOf(wish.filterPattern));
  return { ...filteredPage(matching, wish), searchedLogStreams: [] };
}

/** 56 digits that no other event has. */
function eventId(timestamp: number, stream: string, index: number): string {
  const mark = Buffer.from(stream).reduce((sum, byte) => (sum * 31 + byte) % 1_000_000_007, 7);
  return `${timestamp}${mark}${index}`.padStart(56, "3");
}

function pageByName(
  names: readonly string[],
  limit: number,
  token: string | undefined,
): { items: readonly string[]; next: string | undefined } {
  const start = token === undefined ? 0 : names.indexOf(token) + 1;
  if (token !== undefined && start === 0) {
    throw new ApiError("InvalidParameterException", "The specified nextToken is invalid.");
  }
  const items = names.slice(start, start + limit);
  return { items, next: start + items.length < names.length ? items.at(-1) : undefined };
}
