import type { Clock, ExpectedTask, Log, TaskIdentity } from "../../../src/provider.ts";
import type { Invocations } from "../invoke/invocations.ts";
import type { Held } from "../invoke/invoke.ts";
import { expectedBy, inRounds, type RoundsFeed } from "../invoke/rounds.ts";
import { type FunctionName, textOf } from "../request.ts";
import type { DurableApi, Execution } from "./api.ts";
import type { Names } from "./name.ts";
import { DurableTask, isUnknown, type Started } from "./task.ts";

export interface DurableOptions {
  readonly api: DurableApi;
  readonly names: Names;
  readonly nodeName: string;
  readonly invocations: Invocations<Held>;
  /** Names of the node's durable functions: those whose executions are looked for. */
  readonly functions: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

export interface Durable {
  /** From now on it is watched. */
  begun(started: Started, known: string | Execution | undefined): void;
  /** Looks for what an earlier process has started, then watches what runs. Resolves with the signal. */
  run(feed: RoundsFeed, recovered: () => void, signal: AbortSignal): Promise<void>;
  /** Whatever runs with our mark, told to everybody who watches. */
  sweep(): Promise<void>;
}

const FASTEST_MS = 1_000;
const SLOWEST_MS = 5_000;
/** Executions that are older than this are looked at more rarely. */
const YOUNG_MS = 60_000;
/** How often what runs and belongs to no pod that we know is looked for. */
const SWEEP_MS = 60_000;
/** Lambda's list may be behind its answers; past this an execution that is not there was never started. */
const APPEARS_MS = 300_000;

export function createDurable(options: DurableOptions): Durable {
  return new Watcher(options);
}

class Watcher implements Durable {
  readonly #options: DurableOptions;
  readonly #tasks = new Map<string, DurableTask>();
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(options: DurableOptions) {
    this.#options = options;
  }

  begun(started: Started, known: string | Execution | undefined): void {
    this.#tasks.set(keyOf(started.identity), new DurableTask(started, known, this.#options));
  }

  async run(feed: RoundsFeed, recovered: () => void, signal: AbortSignal): Promise<void> {
    let isRecovered = false;
    const round = async (): Promise<void> => {
      if (isRecovered) return this.#round();
      await this.#recover(await expectedBy(feed, signal));
      isRecovered = true;
      recovered();
    };
    await inRounds(round, () => this.#pause(), { ...this.#options, feed, what: "durable executions", signal });
  }

  async sweep(): Promise<void> {
    this.#sweptAt = this.#options.clock.monotonic();
    for (const name of this.#options.functions) await this.#lookAt(ofAll(name), []);
  }

  /** What runs is found by its name; of what has ended meanwhile, what a pod waits for by its ARN. */
  async #recover(expected: readonly ExpectedTask[]): Promise<void> {
    const { api, names, functions, invocations } = this.#options;
    const byName = new Map(expected.map((one) => [names.of(one.identity), one]));
    for (const functionName of functions)
      for (const execution of await this.#running(ofAll(functionName))) {
        const identity = names.read(execution.name);
        if (identity !== undefined) this.#adopt(identity, execution, byName.get(execution.name));
      }
    for (const one of expected) {
      if (one.id === undefined || !one.id.includes("/durable-execution/")) continue;
      if (invocations.find(one.identity) !== undefined) continue;
      const found = await api.get(one.id).catch((error: unknown) => {
        if (isUnknown(error)) return undefined;
        throw error;
      });
      if (found !== undefined) this.#adopt(one.identity, found, one);
    }
    this.#sweptAt = this.#options.clock.monotonic();
  }

  async #round(): Promise<void> {
    const { clock, functions } = this.#options;
    for (const [key, task] of this.#tasks)
      if (task.hasEnded || this.#options.invocations.find(task.identity) === undefined) this.#tasks.delete(key);
    const open = Map.groupBy(this.#tasks.values(), ({ started }) => textOf(started.function));
    const isDue = clock.monotonic() - this.#sweptAt >= SWEEP_MS;
    if (isDue) this.#sweptAt = clock.monotonic();
    for (const tasks of open.values()) {
      const [first] = tasks;
      if (first !== undefined) await this.#lookAt(first.started.function, tasks);
    }
    if (isDue) for (const name of functions) await this.#lookAt(ofAll(name), []);
  }

  /** One call for all that run; those that are not among them have ended, or have not shown up yet. */
  async #lookAt(what: FunctionName, open: readonly DurableTask[]): Promise<void> {
    const { names } = this.#options;
    const shown = new Set<string>();
    for (const execution of await this.#running(what)) {
      const identity = names.read(execution.name);
      if (identity === undefined) continue;
      shown.add(keyOf(identity));
      const task = this.#tasks.get(keyOf(identity));
      if (task === undefined) this.#adopt(identity, execution, undefined);
      else task.see(execution);
    }
    for (const task of open) if (!shown.has(keyOf(task.identity))) await this.#lookFor(task);
  }

  async #lookFor(task: DurableTask): Promise<void> {
    const { api, clock, invocations } = this.#options;
    const { function: named, executionName } = task.started;
    try {
      const found = task.arn === undefined ? await api.named(named, executionName) : await api.get(task.arn);
      if (found !== undefined && task.arn === undefined) return task.see(await api.get(found.arn));
      if (found !== undefined) return task.see(found);
    } catch (error) {
      if (!isUnknown(error)) throw error;
    }
    // What was there once is not late: Lambda has forgotten it, or somebody has deleted its function.
    if (!task.wasSeen && clock.monotonic() - task.knownSince < APPEARS_MS) return;
    this.#tasks.delete(keyOf(task.identity));
    invocations.forget(task.identity);
  }

  async #running(what: FunctionName): Promise<readonly Execution[]> {
    return this.#options.api.running(what).catch((error: unknown) => {
      // The preflight says so; its other functions are watched all the same.
      if (isUnknown(error)) return [];
      throw error;
    });
  }

  #adopt(identity: TaskIdentity, execution: Execution, expected: ExpectedTask | undefined): void {
    if (this.#options.invocations.find(identity) !== undefined) return;
    const [container = { name: "", image: "" }] = expected?.containers ?? [];
    const { podName: name = "", podNamespace: namespace = "" } = expected ?? {};
    const { nodeName } = this.#options;
    const { arn, name: executionName } = execution;
    const started = {
      identity,
      nodeName,
      pod: { name, namespace },
      container,
      function: functionIn(arn),
      executionName,
    };
    this.begun({ ...started, provisionalId: arn }, execution);
  }

  #pause(): number {
    const open = [...this.#tasks.values()].filter(({ hasEnded }) => !hasEnded);
    if (open.length === 0) return SWEEP_MS;
    const now = this.#options.clock.monotonic();
    return open.some(({ knownSince }) => now - knownSince < YOUNG_MS) ? FASTEST_MS : SLOWEST_MS;
  }
}

/** Of `arn:…:function:NAME:VERSION/durable-execution/…`. */
function functionIn(arn: string): { readonly name: string; readonly qualifier: string } {
  const [, name = "", qualifier = ""] = /:function:([^:/]+):([^:/]+)/.exec(arn) ?? [];
  return { name, qualifier };
}

const ofAll = (name: string): FunctionName => ({ name, qualifier: undefined });

const keyOf = ({ podUid, attempt }: TaskIdentity): string => `${podUid}/${attempt}`;
