import {
  type Clock,
  type ContainerRef,
  type LogRecord,
  type LogRequest,
  ProviderError,
  type TaskState,
} from "../../src/provider.ts";
import { type LogsReader, readLogs } from "../aws/cloudwatch-logs/read.ts";
import type { Feed } from "./tasks/feed.ts";
import type { Tasks } from "./tasks/known-tasks.ts";
import { streamPrefix } from "./translate/containers.ts";

export interface LogsOptions {
  readonly reader: LogsReader;
  readonly tasks: Pick<Tasks, "find" | "arnOf">;
  readonly feed: Pick<Feed, "list">;
  readonly clock: Clock;
}

/**
 * As Provider.logs, also when ECS has forgotten the task, as long as the log group keeps its stream. A task that is known by
 * identity alone (of the attempt before, for `--previous`) is found while ECS remembers it.
 */
export async function* taskLogs(
  { reader, tasks, feed, clock }: LogsOptions,
  { task, container, instance }: ContainerRef,
  want: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  // A container runs once in a task of ECS: a restart is another task.
  if (instance !== 0) return;
  if (tasks.find(task) === undefined) await feed.list(signal);
  const arn = tasks.arnOf(task);
  if (arn === undefined) {
    const sentence =
      "ECS remembers this task no longer (it does for an hour after its end), so its log cannot be found";
    throw new ProviderError("notFound", "TaskForgotten", sentence);
  }
  const endedFor = (): number | undefined => endOf(tasks.find(task)?.state, container, clock.now());
  yield* readLogs(reader, streamOf(arn, container), want, endedFor, signal);
}

/** As ECS's awslogs driver names it. The names of a pod's containers are such that ECS takes them. */
export function streamOf(arn: string, container: string): string {
  return `${streamPrefix}/${container}/${arn.slice(arn.lastIndexOf("/") + 1)}`;
}

/** Milliseconds since the container has ended; `Infinity` when ECS knows the task no longer. Pure. */
export function endOf(state: TaskState | undefined, container: string, now: number): number | undefined {
  if (state === undefined) return Infinity;
  const run = state.containers.find(({ name }) => name === container)?.state;
  if (run?.is === "terminated") return Math.max(0, now - (run.finishedAt ?? now));
  return state.phase === "stopped" ? 0 : undefined;
}
