import {
  type Clock,
  type ContainerRef,
  type LogRecord,
  type LogRequest,
  ProviderError,
  rfc3339Nano,
} from "../../src/provider.ts";
import type { Invocations } from "./invoke/invocations.ts";
import type { Held } from "./invoke/invoke.ts";

export interface LogsOptions {
  readonly invocations: Pick<Invocations<Held>, "find">;
  readonly clock: Clock;
}

/** How often a follower looks whether the invocation has ended. */
const LOOK_MS = 1_000;

/**
 * As Provider.logs: the last 4 KB that Lambda hands out with its answer. While an invocation is held Lambda tells nothing of
 * it, not even its id; who follows waits for its end.
 */
export async function* invocationLogs(
  { invocations, clock }: LogsOptions,
  { task, instance }: ContainerRef,
  { follow, tailLines }: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  if (instance !== 0) return;
  const found = () => invocations.find(task.identity);
  while (follow && found()?.state.phase !== undefined && found()?.state.phase !== "stopped") {
    await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
  }
  const { state, kept } = found() ?? {};
  if (state === undefined)
    throw new ProviderError(
      "notFound",
      "LambdaLogForgotten",
      "burstlet has been started anew since, and the end of the log was kept in its memory: the function's log group has all of it",
    );
  const run = state.containers[0]?.state;
  if (state.phase !== "stopped")
    throw new ProviderError(
      "conflict",
      "LambdaLogLater",
      "Lambda hands out the log of an invocation when it has ended: ask again then, or follow (-f)",
    );
  const time = rfc3339Nano((run?.is === "terminated" ? run.finishedAt : undefined) ?? clock.now());
  const records = linesOf(kept?.tail ?? "").map((line) => ({
    time,
    stream: "stdout" as const,
    bytes: Buffer.from(line),
    partial: false,
  }));
  const wanted = tailLines === undefined ? records : records.slice(Math.max(0, records.length - tailLines));
  if (wanted.length > 0) yield wanted;
}

function linesOf(tail: string): readonly string[] {
  const lines = tail.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}
