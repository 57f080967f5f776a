import type { Task } from "@aws-sdk/client-ecs";
import type { CallLimits, Clock, Limiter } from "../../../src/provider.ts";
import type { LogsClient } from "../../aws/cloudwatch-logs/client.ts";
import { streamOf } from "../logs.ts";
import { injectedName } from "./injected.ts";
import { failedInjected, noWords, type Words } from "./trouble.ts";

/** What the container for files wrote before it failed, by task. */
export interface LastWords {
  /** What is known of them. The first look begins to read them. */
  of(task: Task): Words;
}

/** The log driver sends what there is as its container ends; CloudWatch shows it some seconds later. */
const PATIENCE_MS = 5_000;
const AGAIN_MS = 1_000;
/** By then nobody looks at the task any more. */
const KEPT_MS = 600_000;
/** A fifth of what all logs of an account have in most regions: those who read logs come first. */
const limits: CallLimits = { burst: 5, rate: 5 };
const mostLines = 3;
const mostCharacters = 500;

export interface LastWordsOptions {
  readonly client: Pick<LogsClient, "page">;
  readonly limiter: (limits: CallLimits) => Limiter;
  readonly clock: Clock;
  /** The words of this task are awaited no longer. */
  readonly settled: (arn: string) => void;
}

export function createLastWords({ client, limiter, clock, settled }: LastWordsOptions): LastWords {
  const bucket = limiter(limits);
  const known = new Map<string, { readonly since: number; words: Words }>();

  /** Until there are some or it has been long enough; never rejects. */
  const read = async (arn: string, signal: AbortSignal): Promise<string> => {
    while (!signal.aborted) {
      try {
        const text = await bucket.run(async () => lastLines(client, arn, signal), signal);
        if (text !== "") return text;
      } catch {
        // Without a stream it has written nothing, and without a right to read it the exit code has to do.
      }
      await clock.sleep(AGAIN_MS, signal).catch(() => undefined);
    }
    return "";
  };
  const begin = async (arn: string): Promise<void> => {
    const entry = { since: clock.monotonic(), words: { text: "", awaited: true } };
    known.set(arn, entry);
    const over = new AbortController();
    const cancel = clock.after(PATIENCE_MS, () => over.abort());
    const text = await read(arn, over.signal);
    cancel();
    entry.words = { text, awaited: false };
    settled(arn);
  };
  return {
    of(task) {
      // One that never began has written nothing.
      if (failedInjected(task)?.exitCode === undefined) return noWords;
      const { taskArn: arn = "" } = task;
      const now = clock.monotonic();
      for (const [one, { since }] of known) if (now - since >= KEPT_MS) known.delete(one);
      if (!known.has(arn)) void begin(arn);
      return known.get(arn)?.words ?? noWords;
    },
  };
}

async function lastLines(client: Pick<LogsClient, "page">, arn: string, signal: AbortSignal): Promise<string> {
  const { events } = await client.page(streamOf(arn, injectedName), { limit: mostLines }, signal);
  return events
    .map(({ message }) => message.trim())
    .join("; ")
    .slice(-mostCharacters);
}
