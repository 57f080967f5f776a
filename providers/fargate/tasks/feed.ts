/**
 * Tells what becomes of this node's tasks. Every second those that are due are described, a hundred by one call; every
 * five minutes, and after trouble, all of the cluster's tasks are listed, so that nothing is overlooked for ever. Where
 * events tell of changes, few are due.
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
import type { Events } from "../events/events.ts";
import { hasMoved, withKnown } from "../events/merge.ts";
import type { TaskEvent } from "../events/task-event.ts";
import { labels } from "../request.ts";
import { batches, dueBatches } from "./schedule.ts";
import type { KnownTask, Tasks } from "./known-tasks.ts";
import { isChecked, versionStep } from "./observe.ts";

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
  /** Absent: descriptions alone tell of changes. */
  readonly events?: Events | undefined;
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
  /** There is more to tell of this task than the last time: it is described at the next look. */
  again(arn: string): void;
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
  /** Newest events of tasks that nobody has told of yet, or not enough: a launch whose answer is still under way, or lost. */
  readonly #early = new Map<string, TaskEvent>();
  readonly #again = new Set<string>();
  #looking: Promise<void> | undefined;
  #listedAt = -Infinity;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  launched(task: Task, definition: TaskDefinition): TaskState | undefined {
    const state = this.#options.observe(task, definition);
    if (state === undefined) return undefined;
    // One that the same token has started before: ECS says again what it said then.
    const known = this.#options.tasks.get(state.id);
    if (known !== undefined) return known.state;
    this.#put(state, definition);
    const early = this.#early.get(state.id);
    if (early !== undefined && this.#early.delete(state.id)) void this.#hear(early);
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
    const { clock, events } = this.#options;
    const over = new AbortController();
    void events?.read(async (event) => this.#hear(event), over.signal);
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
    over.abort();
    this.#listedAt = -Infinity;
  }

  async #lookOnce(): Promise<void> {
    const { clock, tasks, events } = this.#options;
    const now = clock.monotonic();
    const feeding = events?.areTrusted() === true ? "pushed" : "polled";
    if (now - this.#listedAt >= LIST_MS || this.#watchers.trouble !== undefined) await this.list();
    else {
      const due = dueBatches(tasks.values(), now, feeding);
      const first = new Set([...this.#early.keys(), ...this.#again]);
      for (const arns of [...batches([...first]), ...due]) await this.#describe(arns);
    }
    this.#watchers.synced();
  }

  /** Twice and in any order. Never rejects: what cannot be told from the event is looked at. */
  async #hear(event: TaskEvent): Promise<void> {
    const { tasks, client, clock, observe } = this.#options;
    const { taskArn, version } = event.task;
    // A stopped task never changes.
    const isOld = ({ state }: KnownTask): boolean =>
      state.phase === "stopped" || version * versionStep <= state.version;
    const known = tasks.get(taskArn);
    if (tasks.isDiscarded(taskArn) || (known !== undefined && isOld(known))) return;
    // What is older than a list and was not in it is gone.
    if (known === undefined && clock.now() - event.at >= LIST_MS) return;
    const definition = await definitionOf(event.task, client).catch(() => undefined);
    const seen = definition && observe(event.task, definition);
    // Meanwhile it may have been described.
    const present = tasks.get(taskArn);
    if (definition === undefined || seen === undefined || present === undefined) this.#keep(event);
    else if (!isOld(present)) {
      this.#early.delete(taskArn);
      this.#put(withKnown(present.state, seen), definition);
    }
  }

  async #describe(arns: readonly string[], signal?: AbortSignal): Promise<void> {
    const { client, clock, observe } = this.#options;
    const { tasks, missing } = await client.describeTasks(arns, signal);
    for (const task of tasks) {
      const definition = await definitionOf(task, client);
      const state = observe(task, definition);
      if (state !== undefined) this.#found(state, definition);
      else if (task.taskArn !== undefined) this.#foreign.add(task.taskArn);
    }
    for (const arn of arns) {
      this.#early.delete(arn);
      this.#again.delete(arn);
    }
    const now = clock.monotonic();
    for (const arn of missing) {
      const since = this.#options.tasks.miss(arn, now);
      if (since !== undefined && now - since >= MISSING_FOR_MS) this.gone(arn);
    }
  }

  #keep(event: TaskEvent): void {
    const { taskArn, version } = event.task;
    if ((this.#early.get(taskArn)?.task.version ?? 0) < version) this.#early.set(taskArn, event);
  }

  #found(state: TaskState, definition: TaskDefinition): void {
    const { tasks, events } = this.#options;
    const before = tasks.get(state.id)?.state;
    if (before !== undefined && hasMoved(before, state)) events?.found(state.id, state.version / versionStep);
    this.#put(state, definition);
  }

  #put(state: TaskState, definition: TaskDefinition): void {
    const { tasks, clock } = this.#options;
    this.#watchers.task(tasks.put(state, clock.monotonic(), clock.now(), isChecked(definition)));
  }

  again(arn: string): void {
    this.#again.add(arn);
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
