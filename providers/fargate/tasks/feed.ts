/**
 * Tells what becomes of this node's tasks. Every second those that are due are described, a hundred by one call; every
 * five minutes, and after trouble, all of the cluster's tasks are listed, so that nothing is overlooked for ever.
 */
import type { Task, TaskDefinition } from "@aws-sdk/client-ecs";
import {
  asProviderError,
  type Clock,
  createWatchers,
  type Log,
  ProviderError,
  type TaskFeed,
  type TaskState,
} from "../../../src/provider.ts";
import type { EcsClient } from "../client.ts";
import { labels } from "../request.ts";
import { batches, dueBatches } from "./schedule.ts";
import type { KnownTask, Tasks } from "./known-tasks.ts";

const LOOK_MS = 1_000;
const LIST_MS = 300_000;
/** DescribeTasks may not find a task yet that RunTask has just answered, nor one for a moment later on. */
const MISSING_FOR_MS = 60_000;
const TROUBLE_FIRST_MS = 1_000;
const TROUBLE_LONGEST_MS = 30_000;

export interface FeedOptions {
  readonly client: Pick<EcsClient, "listTasks" | "describeTasks" | "describeTaskDefinition">;
  readonly tasks: Tasks;
  readonly observe: (task: Task, definition: TaskDefinition) => TaskState | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Feed {
  list(signal?: AbortSignal): Promise<readonly TaskState[]>;
  /** As Provider.watch. However many watch, ECS is asked once. */
  watch(feed: TaskFeed, signal: AbortSignal): Promise<void>;
  /** What RunTask has answered: from now on it is looked at. */
  launched(task: Task, definition: TaskDefinition): TaskState | undefined;
  /** Nobody wants to hear of this ended task again, although ECS remembers it for a while. */
  discard(arn: string): void;
  /** ECS does not know it. */
  gone(arn: string): void;
}

export function createFeed(options: FeedOptions): Feed {
  return new Watching(options);
}

class Watching implements Feed {
  readonly #options: FeedOptions;
  readonly #watchers = createWatchers();
  /** Tasks of others in the same cluster: not described again. */
  #foreign = new Set<string>();
  #looking: Promise<void> | undefined;
  #listedAt = -Infinity;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  launched(task: Task, definition: TaskDefinition): TaskState | undefined {
    const state = this.#options.observe(task, definition);
    if (state !== undefined) this.#put(state);
    return state;
  }

  discard(arn: string): void {
    const known = this.#options.tasks.discard(arn);
    if (known !== undefined) this.#tellGone(known);
  }

  async list(signal?: AbortSignal): Promise<readonly TaskState[]> {
    const { client, clock, tasks } = this.#options;
    const startedAt = clock.monotonic();
    const listed = new Set([
      ...(await client.listTasks("RUNNING", signal)),
      ...(await client.listTasks("STOPPED", signal)),
    ]);
    this.#foreign = new Set([...this.#foreign].filter((arn) => listed.has(arn)));
    tasks.listed(listed);
    // A stopped task never changes.
    const open = [...listed].filter(
      (arn) => !this.#foreign.has(arn) && !tasks.isDiscarded(arn) && tasks.get(arn)?.state.phase !== "stopped",
    );
    for (const arns of batches(open)) await this.#describe(arns, signal);
    // ECS forgets a stopped task after an hour, and lists no task in the very moment of its launch.
    for (const { arn, state, since } of tasks.values()) {
      if (!listed.has(arn) && since < startedAt && state.phase === "stopped") this.gone(arn);
    }
    this.#listedAt = startedAt;
    return [...tasks.values()].map(({ state }) => state);
  }

  async watch(feed: TaskFeed, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const present = [...this.#options.tasks.values()].map(({ state }) => state);
    const isSynced = this.#looking !== undefined && this.#listedAt > -Infinity;
    const joined = this.#watchers.join(feed, present, isSynced, signal);
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    await joined;
  }

  /** Goes on while anybody watches. */
  async #look(): Promise<void> {
    const { clock } = this.#options;
    let failures = 0;
    while (this.#watchers.count > 0) {
      const wait = await this.#lookOnce().then(
        () => {
          failures = 0;
          this.#health(undefined);
          return LOOK_MS;
        },
        (error: unknown) => {
          this.#health(asProviderError(error));
          return Math.min(TROUBLE_FIRST_MS * 2 ** failures++, TROUBLE_LONGEST_MS);
        },
      );
      await clock.sleep(wait);
    }
    this.#listedAt = -Infinity;
  }

  async #lookOnce(): Promise<void> {
    const { clock, tasks } = this.#options;
    const now = clock.monotonic();
    if (now - this.#listedAt >= LIST_MS || this.#watchers.trouble !== undefined) await this.list();
    else for (const arns of dueBatches(tasks.values(), now)) await this.#describe(arns);
    this.#watchers.synced();
  }

  async #describe(arns: readonly string[], signal?: AbortSignal): Promise<void> {
    const { client, clock, observe } = this.#options;
    const { tasks, missing } = await client.describeTasks(arns, signal);
    for (const task of tasks) {
      const state = observe(task, await definitionOf(task, client));
      if (state !== undefined) this.#put(state);
      else if (task.taskArn !== undefined) this.#foreign.add(task.taskArn);
    }
    const now = clock.monotonic();
    for (const arn of missing) {
      const since = this.#options.tasks.miss(arn, now);
      if (since !== undefined && now - since >= MISSING_FOR_MS) this.gone(arn);
    }
  }

  #put(state: TaskState): void {
    const { tasks, clock } = this.#options;
    this.#watchers.task(tasks.put(state, clock.monotonic(), clock.now()));
  }

  gone(arn: string): void {
    const known = this.#options.tasks.forget(arn);
    if (known !== undefined) this.#tellGone(known);
  }

  #tellGone({ state }: KnownTask): void {
    this.#watchers.gone(state.identity);
  }

  /** That ECS asks for patience slows the bucket down and is no trouble of the cloud. */
  #health(error: ProviderError | undefined): void {
    if (error !== undefined) this.#options.log.warn("tasks of ECS cannot be read", { error });
    if (error?.kind !== "throttled") this.#watchers.health(error);
  }
}

/** Somebody may have deleted the revision of a task that runs: then all that is in it counts as a main container. */
async function definitionOf(task: Task, client: Pick<EcsClient, "describeTaskDefinition">): Promise<TaskDefinition> {
  try {
    return await client.describeTaskDefinition(task.taskDefinitionArn ?? "");
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== "notFound") throw error;
    const dockerLabels = { [labels.kind]: "main" };
    return { containerDefinitions: (task.containers ?? []).map(({ name = "" }) => ({ name, dockerLabels })) };
  }
}
