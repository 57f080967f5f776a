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
import type { Trace } from "./trace.ts";

/** Wall milliseconds; what is left out is not known. */
export interface Times {
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
}

/** The log of functions, by their groups. */
export interface FunctionLogs {
  /** Events that have one of these texts, oldest first; empty while nothing is there. */
  find(group: string, texts: readonly string[], times: Times, signal: AbortSignal): Promise<readonly FoundEvent[]>;
  /**
   * Lines of the invocation whose lines have one of these texts, from this event of it on and from before; page by page, and
   * whether its last one is among them.
   */
  section(
    group: string,
    found: FoundEvent,
    what: Pick<Trace, "texts" | "isMany" | "finishedAt">,
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
    async find(group, texts, { startedAt, finishedAt }, signal) {
      const from = {
        startTime: Math.max(0, (startedAt ?? BEFORE_MS) - BEFORE_MS),
        ...(finishedAt !== undefined && { endTime: finishedAt + AFTER_MS }),
      };
      const all: FoundEvent[] = [];
      let token: string | undefined;
      for (let pages = 0; pages < MOST_PAGES && !signal.aborted; pages++) {
        const search = { ...from, ...(token !== undefined && { token }) };
        const page = await orNone(clientOf(group).search(anyOf(texts), search, signal));
        all.push(...(page?.events ?? []));
        token = page?.next;
        if (token === undefined) break;
      }
      return all.toSorted((a, b) => a.timestamp - b.timestamp);
    },
    section(group, { stream, timestamp }, { texts, isMany, finishedAt }, signal) {
      const client = clientOf(group);
      const section = createSection(texts, isMany);
      // Where all of the stream counts, as much of it as can be of the same task.
      const end = isMany && finishedAt !== undefined ? { endTime: finishedAt + AFTER_MS } : {};
      let token: string | undefined;
      async function* read(): AsyncGenerator<readonly LogEvent[]> {
        while (!signal.aborted && !section.isOver) {
          const from = {
            head: true,
            startTime: Math.max(0, timestamp - START_MS),
            ...end,
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

/** A filter pattern. Ids and names have no quotes in them. */
function anyOf(texts: readonly string[]): string {
  const phrases = texts.map((text) => `"${text.replaceAll('"', "")}"`);
  return phrases.length === 1 ? phrases.join("") : phrases.map((phrase) => `?${phrase}`).join(" ");
}

/** A function that has never logged has no group. */
async function orNone<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof ProviderError && error.reason === "LogGroupMissing") return undefined;
    throw error;
  }
}
