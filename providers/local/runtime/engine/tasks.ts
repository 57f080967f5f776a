import type { Clock, ImagePull, TaskFeed, TaskIdentity, TaskState, Waiting } from "../../../../src/provider.ts";
import { taskName } from "./names.ts";
import { pictureOf } from "./picture.ts";
import type { TaskRecord } from "./record.ts";
import type { Seen } from "./seen.ts";

/** What is held in memory of one task; all of it can be had again from the engine and the record. */
export interface Task {
  readonly name: string;
  readonly identity: TaskIdentity;
  record: TaskRecord | undefined;
  seen: readonly Seen[];
  /** Rises with each look at the engine, so that an older look is not taken for a newer one. */
  looks: number;
  readonly waits: Map<string, Waiting>;
  /** By run key. */
  readonly pulls: Map<string, ImagePull>;
  readonly messages: Map<string, string>;
  trouble: { readonly reason: string; readonly message: string } | undefined;
  /** Failed rounds in a row. */
  failures: number;
  /** Monotonic; until then the engine has said no, and its own events about that are no reason to ask again. */
  retryAt: number;
  told: TaskState | undefined;
  cancelLook: () => void;
  /** An advance is queued and has not begun; why. */
  queued: "kick" | "nudge" | undefined;
  tail: Promise<unknown>;
}

export interface Tasks {
  all(): readonly Task[];
  get(identity: TaskIdentity): Task;
  find(identity: TaskIdentity): Task | undefined;
  /** One at a time for each task, in order of asking. */
  locked<T>(task: Task, work: () => Promise<T>): Promise<T>;
  /** The present picture; tells the feeds when it is a new one. `undefined` for a task of which nothing is known. */
  tell(task: Task): TaskState | undefined;
  /** Nothing is left of it. */
  drop(task: Task): void;
  subscribe(feed: TaskFeed): () => void;
  feeds(): Iterable<TaskFeed>;
}

export function createTasks(clock: Clock, hostIP: string | undefined): Tasks {
  const tasks = new Map<string, Task>();
  const feeds = new Set<TaskFeed>();
  let lastVersion = 0;

  /**
   * Rises strictly within this process, and from one process to the next by the wall clock. Whoever compares versions
   * lives in the same process as we do, so a clock set back between two processes harms nobody.
   */
  function nextVersion(): number {
    lastVersion = Math.max(lastVersion + 1, clock.now());
    return lastVersion;
  }

  return {
    all: () => [...tasks.values()],
    find: (identity) => tasks.get(taskName(identity)),
    get(identity) {
      const name = taskName(identity);
      const task = tasks.get(name) ?? newTask(name, identity);
      tasks.set(name, task);
      return task;
    },
    async locked(task, work) {
      const turn = task.tail.then(work);
      task.tail = turn.catch(() => undefined);
      return turn;
    },
    tell(task) {
      if (task.record === undefined) return undefined;
      const { record, seen, waits, pulls, messages, trouble } = task;
      const picture = pictureOf({ record, seen, waits, pulls, messages, trouble, hostIP });
      if (task.told !== undefined && same(task.told, picture)) return task.told;
      const state = { ...picture, version: nextVersion() };
      task.told = state;
      for (const feed of feeds) feed.task(state);
      return state;
    },
    drop(task) {
      task.cancelLook();
      const known = tasks.get(task.name) === task && tasks.delete(task.name);
      if (known && task.told !== undefined) for (const feed of feeds) feed.gone(task.identity);
    },
    subscribe(feed) {
      feeds.add(feed);
      return () => feeds.delete(feed);
    },
    feeds: () => feeds,
  };
}

function same(told: TaskState, picture: Omit<TaskState, "version">): boolean {
  return JSON.stringify({ ...picture, version: 0 }) === JSON.stringify({ ...told, version: 0 });
}

function newTask(name: string, identity: TaskIdentity): Task {
  return {
    name,
    identity,
    record: undefined,
    seen: [],
    looks: 0,
    waits: new Map(),
    pulls: new Map(),
    messages: new Map(),
    trouble: undefined,
    failures: 0,
    retryAt: 0,
    told: undefined,
    cancelLook: () => undefined,
    queued: undefined,
    tail: Promise.resolve(),
  };
}
