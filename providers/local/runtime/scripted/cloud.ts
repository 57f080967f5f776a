import {
  asProviderError,
  type Clock,
  ProviderError,
  type TaskFeed,
  type TaskIdentity,
  type TaskState,
} from "../../../../src/provider.ts";
import type { RuntimeFacts, TaskSpec } from "../runtime.ts";
import { type Addresses, createAddresses } from "./addresses.ts";
import { type Ledger, noLedger } from "./ledger.ts";
import { firstWait } from "./rows.ts";
import { ScriptedTask } from "./task.ts";
import { defaultTimetable, type faults, type Script, scriptOf, type Timetable } from "./timetable.ts";

export interface ScriptedCloudOptions {
  readonly clock: Clock;
  readonly timetable?: Timetable | undefined;
  /** Addresses of tasks; default 10.99.0.0/16. */
  readonly subnet?: string | undefined;
  readonly facts?: Partial<RuntimeFacts> | undefined;
  /** Where to write down each request; default nowhere. */
  readonly ledger?: Ledger | undefined;
}

export type Operation = "start" | "stop" | "restart" | "kill" | "list" | "logs" | "stats";

interface Watcher {
  readonly feed: TaskFeed;
  synced: boolean;
}

type Faults = { -readonly [K in keyof Script["faults"]]: Script["faults"][K] };

const keyOf = ({ clusterUid, podUid, attempt }: TaskIdentity): string => `${clusterUid}/${podUid}/${attempt}`;

export function createScriptedCloud(options: ScriptedCloudOptions): ScriptedCloud {
  return new ScriptedCloud(options);
}

/** The part of the scripted runtime that outlives it: what a real cloud would remember while burstlet is down. */
class ScriptedCloud {
  readonly clock: Clock;
  readonly facts: Partial<RuntimeFacts>;
  readonly ledger: Ledger;
  readonly tasks = new Map<string, ScriptedTask>();
  readonly #timetable: Timetable;
  readonly #addresses: Addresses;
  readonly #accepting = new Map<string, Promise<TaskState>>();
  readonly #faults = new Map<string, Faults>();
  readonly #failures: { readonly operation: Operation; readonly error: ProviderError }[] = [];
  readonly #watchers = new Set<Watcher>();
  readonly #missed: ((feed: TaskFeed) => void)[] = [];
  #trouble: ProviderError | undefined;
  #launched = 0;

  constructor(options: ScriptedCloudOptions) {
    this.clock = options.clock;
    this.facts = options.facts ?? {};
    this.ledger = options.ledger ?? noLedger;
    this.#timetable = options.timetable ?? defaultTimetable;
    this.#addresses = createAddresses(options.subnet ?? "10.99.0.0/16");
  }

  /** The next `times` calls of this operation fail with this error, before anything happens. */
  fail(operation: Operation, error: ProviderError, times = 1): void {
    for (let i = 0; i < times; i++) this.#failures.push({ operation, error });
  }

  /** Until told `undefined`, every operation fails with this and the feed reports trouble instead of changes. */
  trouble(error: ProviderError | undefined): void {
    this.#trouble = error;
    const missed = error === undefined ? this.#missed.splice(0) : [];
    for (const watcher of this.#watchers) {
      watcher.feed.health(error);
      if (error !== undefined) continue;
      if (watcher.synced) for (const tell of missed) tell(watcher.feed);
      else this.#tellAll(watcher);
    }
  }

  /** The task disappears, as if somebody had deleted it in the cloud's console. */
  forget(identity: TaskIdentity): void {
    const key = keyOf(identity);
    const task = this.tasks.get(key);
    if (task === undefined) return;
    task.forget();
    this.tasks.delete(key);
    for (const address of task.state.podIPs) this.#addresses.give(address);
    this.#tell((feed) => feed.gone(identity));
  }

  /** The task itself, for tests that want to end a container or take the task away. */
  task(identity: TaskIdentity): ScriptedTask | undefined {
    return this.tasks.get(keyOf(identity));
  }

  /** Throws what the operation has been told to fail with. */
  check(operation: Operation): void {
    if (this.#trouble !== undefined) throw this.#trouble;
    const index = this.#failures.findIndex((failure) => failure.operation === operation);
    const failure = index < 0 ? undefined : this.#failures.splice(index, 1)[0];
    if (failure !== undefined) throw failure.error;
  }

  watch(feed: TaskFeed, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const watcher: Watcher = { feed, synced: false };
      this.#watchers.add(watcher);
      signal.addEventListener(
        "abort",
        () => {
          this.#watchers.delete(watcher);
          resolve();
        },
        { once: true },
      );
      if (this.#trouble === undefined) this.#tellAll(watcher);
      else feed.health(this.#trouble);
    });
  }

  async start(spec: TaskSpec): Promise<TaskState> {
    try {
      return await this.#startOnce(spec);
    } catch (error) {
      this.ledger.started(spec, asProviderError(error).kind);
      throw error;
    }
  }

  #startOnce(spec: TaskSpec): Promise<TaskState> {
    const key = keyOf(spec.identity);
    const known = this.tasks.get(key);
    if (known !== undefined) {
      this.check("start");
      this.ledger.started(spec, "found");
      return Promise.resolve(known.state);
    }
    const under = this.#accepting.get(key);
    if (under !== undefined) return under;
    const accepting = this.#accept(key, spec).finally(() => this.#accepting.delete(key));
    this.#accepting.set(key, accepting);
    return accepting;
  }

  async #accept(key: string, spec: TaskSpec): Promise<TaskState> {
    this.check("start");
    const scripts = spec.containers.map((container) => scriptOf(container, this.#timetable));
    const accept = Math.max(...scripts.map((script) => script.accept));
    if (accept > 0) await this.clock.sleep(accept * 1000);
    const fault = this.#nextFault(key, scripts);
    if (fault !== undefined && fault.kind !== "unknown") throw fault;
    const state = this.#launch(key, spec, scripts);
    this.ledger.started(spec, "launched");
    if (fault !== undefined) throw fault;
    return state;
  }

  #launch(key: string, spec: TaskSpec, scripts: readonly Script[]): TaskState {
    const hasInit = spec.containers.some(({ kind }) => kind === "init" || kind === "sidecar");
    const first: TaskState = {
      id: `scripted-${++this.#launched}`,
      identity: spec.identity,
      podName: spec.podName,
      podNamespace: spec.podNamespace,
      nodeName: spec.nodeName,
      version: 1,
      phase: "starting",
      containers: spec.containers.map(({ name, kind, image }) => {
        return { name, kind, instance: 0, image, state: firstWait(kind, hasInit) };
      }),
      podIPs: [this.#addresses.take()],
      probedBy: "core",
    };
    const task = new ScriptedTask(this.clock, first, scripts, {
      changed: (state) => this.#tell((feed) => feed.task(state)),
      gone: () => this.forget(spec.identity),
    });
    this.tasks.set(key, task);
    this.#faults.delete(key);
    task.begin();
    // Steps that take no time have been told already.
    if (task.state === first) this.#tell((feed) => feed.task(first));
    return task.state;
  }

  /** Faults happen one kind after the other, each as often as the script says, then no more. */
  #nextFault(key: string, scripts: readonly Script[]): ProviderError | undefined {
    const script = scripts.find(({ faults }) => Object.keys(faults).length > 0);
    if (script === undefined) return undefined;
    const left = this.#faults.get(key) ?? { ...script.faults };
    this.#faults.set(key, left);
    const name = (Object.keys(errorOf) as (keyof typeof errorOf)[]).find((fault) => (left[fault] ?? 0) > 0);
    if (name === undefined) return undefined;
    left[name] = (left[name] ?? 0) - 1;
    return errorOf[name]();
  }

  #tellAll(watcher: Watcher): void {
    for (const task of this.tasks.values()) watcher.feed.task(task.state);
    watcher.synced = true;
    watcher.feed.synced();
  }

  #tell(tell: (feed: TaskFeed) => void): void {
    if (this.#trouble !== undefined) this.#missed.push(tell);
    else for (const watcher of this.#watchers) tell(watcher.feed);
  }
}

export type { ScriptedCloud };

const errorOf = {
  denied: () => new ProviderError("denied", "AccessDenied", "the timetable denies this call"),
  throttled: () => new ProviderError("throttled", "Throttled", "the timetable asks for patience", { retryAfter: 1 }),
  noCapacity: () => new ProviderError("noCapacity", "NoCapacity", "the timetable has no room: nothing was started"),
  transient: () => new ProviderError("transient", "Unavailable", "the timetable is out of order for a moment"),
  lostAnswer: () =>
    new ProviderError("unknown", "LostAnswer", "the timetable lost the answer: nobody knows what happened"),
} as const satisfies Record<(typeof faults)[number], () => ProviderError>;
