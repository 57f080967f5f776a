import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { ProviderError } from "../../../src/provider.ts";
import {
  createLogsClient,
  type FoundEvent,
  type LogEvent,
  type LogsBuckets,
  type LogsClient,
} from "../../aws/cloudwatch-logs/client.ts";
import { createSection } from "./section.ts";

/** Wall milliseconds; what is left out is not known. */
export interface Times {
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
}

/** The log of functions, by their groups. */
export interface FunctionLogs {
  /** The first event of each stream that has this text, oldest first; empty while nothing is there. */
  find(group: string, text: string, times: Times, signal: AbortSignal): Promise<readonly FoundEvent[]>;
  /**
   * Lines of the invocation whose lines have this text, from this event of it on and from before; page by page, and whether
   * its last one is among them.
   */
  section(
    group: string,
    found: FoundEvent,
    text: string,
    signal: AbortSignal,
  ): {
    readonly lines: AsyncGenerator<readonly LogEvent[]>;
    readonly isOver: () => boolean;
    readonly again: () => void;
  };
}

/** Clocks of burstlet and Lambda may differ, and an environment may take so long to start. */
const BEFORE_MS = 60_000;
const AFTER_MS = 15 * 60_000;
/** From the line that tells of an invocation back to its START. */
const START_MS = 15_000;
/** A search that finds nothing in so many pages is given up: each may look through very little. */
const MOST_PAGES = 50;

type Sdk = Pick<CloudWatchLogsClient, "send">;

export function createFunctionLogs(sdk: Sdk, buckets: LogsBuckets): FunctionLogs {
  const clients = new Map<string, LogsClient>();
  const clientOf = (group: string): LogsClient => {
    const client = clients.get(group) ?? createLogsClient(sdk as CloudWatchLogsClient, group, buckets);
    clients.set(group, client);
    return client;
  };
  return {
    async find(group, text, { startedAt, finishedAt }, signal) {
      const from = {
        startTime: Math.max(0, (startedAt ?? BEFORE_MS) - BEFORE_MS),
        ...(finishedAt !== undefined && { endTime: finishedAt + AFTER_MS }),
      };
      const streams = new Map<string, FoundEvent>();
      let token: string | undefined;
      for (let pages = 0; pages < MOST_PAGES && !signal.aborted; pages++) {
        const search = { ...from, ...(token !== undefined && { token }) };
        const page = await orNone(clientOf(group).search(quoted(text), search, signal));
        for (const event of page?.events ?? []) if (!streams.has(event.stream)) streams.set(event.stream, event);
        token = page?.next;
        if (token === undefined) break;
      }
      return [...streams.values()].toSorted((a, b) => a.timestamp - b.timestamp);
    },
    section(group, { stream, timestamp }, text, signal) {
      const client = clientOf(group);
      const section = createSection(text);
      let token: string | undefined;
      async function* read(): AsyncGenerator<readonly LogEvent[]> {
        while (!signal.aborted && !section.isOver) {
          const from = {
            head: true,
            startTime: Math.max(0, timestamp - START_MS),
            ...(token !== undefined && { token }),
          };
          const page = await client.page(stream, from, signal);
          const lines = page.events.flatMap((event) => section.add(event));
          if (lines.length > 0) yield lines;
          const isEnd = page.forward === undefined || page.forward === token;
          token = page.forward;
          if (isEnd) return;
        }
      }
      let lines = read();
      return {
        get lines() {
          return lines;
        },
        isOver: () => section.isOver,
        again: () => void (lines = read()),
      };
    },
  };
}

/** A phrase of a filter pattern. Ids and names have no quotes in them. */
const quoted = (text: string): string => `"${text.replaceAll('"', "")}"`;

/** A function that has never logged has no group. */
async function orNone<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof ProviderError && error.reason === "LogGroupMissing") return undefined;
    throw error;
  }
}
