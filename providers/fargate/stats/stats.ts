import type { TaskDefinition } from "@aws-sdk/client-ecs";
import type { Clock, TaskState, TaskStats } from "../../../src/provider.ts";
import type { FoundEvent, LogsClient } from "../../aws/cloudwatch-logs/client.ts";
import { askPresent, MissingStreams } from "../../aws/cloudwatch-logs/missing-streams.ts";
import { streamOf } from "../logs.ts";
import type { Tasks } from "../tasks/known-tasks.ts";
import { statsName } from "./helper.ts";
import { type Reading, readingOf, statsOf } from "./reading.ts";

export interface StatsOptions {
  readonly client: Pick<LogsClient, "filter">;
  readonly tasks: Pick<Tasks, "values">;
  readonly clock: Clock;
  readonly intervalSeconds: number;
}

export interface Stats {
  /** A picture from ECS: has its task the helper? */
  seen(definition: TaskDefinition, state: TaskState): void;
  /** As Provider.stats. */
  stats(): Promise<readonly TaskStats[]>;
}

/** Seconds between two of Fargate's own readings (`read` and `preread` of examples from tasks there). */
const fargateSeconds = 10;

/**
 * Reads the logs of the helpers when somebody asks, a hundred by one call, and no sooner again than a third of the time
 * between two of their lines. Nothing is told that is older than two of these times and Fargate's own.
 */
export function createStats({ client, tasks, clock, intervalSeconds }: StatsOptions): Stats {
  const staleMs = (2 * intervalSeconds + fargateSeconds) * 1_000;
  const helped = new Set<string>();
  const missing = new MissingStreams();
  let readings: ReadonlyMap<string, Reading> = new Map();
  let asking: Promise<void> | undefined;
  let freshUntil = Number.NEGATIVE_INFINITY;

  const running = () => [...tasks.values()].filter(({ arn, state }) => helped.has(arn) && state.phase === "running");

  const refresh = async (): Promise<void> => {
    const now = clock.monotonic();
    const streams = running().map(({ arn }) => streamOf(arn, statsName));
    const startTime = clock.now() - staleMs;
    missing.keep(streams);
    const ask = async (some: readonly string[]): Promise<readonly FoundEvent[]> => {
      const found = await readAll(client, some, startTime);
      missing.found(some);
      return found;
    };
    const calls = missing.calls(streams, now);
    const answers = calls.map(async (call) => askPresent(call, ask, (stream) => missing.notFound(stream, now)));
    readings = newestOf((await Promise.all(answers)).flat(2));
    freshUntil = now + (intervalSeconds * 1_000) / 3;
  };

  return {
    seen(definition, { id, phase }) {
      const has = definition.containerDefinitions?.some(({ name }) => name === statsName) === true;
      if (has && phase !== "stopped") helped.add(id);
      else helped.delete(id);
    },
    async stats() {
      if (clock.monotonic() >= freshUntil) await (asking ??= refresh().finally(() => void (asking = undefined)));
      const since = clock.now() - staleMs;
      return running().flatMap(({ arn, state }) => {
        const reading = readings.get(streamOf(arn, statsName));
        return (reading && statsOf(state, reading, since)) ?? [];
      });
    },
  };
}

async function readAll(
  client: StatsOptions["client"],
  streams: readonly string[],
  startTime: number,
): Promise<readonly FoundEvent[]> {
  const events: FoundEvent[] = [];
  let token: string | undefined;
  do {
    const page = await client.filter(streams, { startTime, ...(token !== undefined && { token }) });
    events.push(...page.events);
    token = page.next;
  } while (token !== undefined);
  return events;
}

/** By stream, the last line that is a reading. */
function newestOf(events: readonly FoundEvent[]): ReadonlyMap<string, Reading> {
  const inOrder = events.toSorted((a, b) => a.timestamp - b.timestamp);
  return new Map(
    inOrder.flatMap(({ stream, message }) => {
      const reading = readingOf(message);
      return reading === undefined ? [] : [[stream, reading] as const];
    }),
  );
}
