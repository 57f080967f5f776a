import {
  type Clock,
  type ExpectedTask,
  type Log,
  ProviderError,
  type ProviderContext,
  type TaskIdentity,
} from "../../../src/provider.ts";
import type { FoundEvent } from "../../aws/cloudwatch-logs/client.ts";
import type { LambdaConfig } from "../config.ts";
import type { FunctionInfo } from "../functions/function-info.ts";
import type { KnownFunctions } from "../functions/known-functions.ts";
import type { Invocations } from "../invoke/invocations.ts";
import type { Held } from "../invoke/invoke.ts";
import { sizeOf } from "../invoke/picture.ts";
import { expectedBy, inRounds, type RoundsFeed } from "../invoke/rounds.ts";
import type { FunctionLogs } from "../logs/group.ts";
import { partsOf } from "../invoke/task-id.ts";
import { pricesOf } from "../outcome/prices.ts";
import type { FunctionName } from "../request.ts";
import { eventFunctionOf } from "../translate/mode.ts";
import { factIn, telling } from "./facts.ts";
import { EventTask, type Sent } from "./task.ts";

export interface EventsOptions extends Pick<ProviderContext, "nodeName"> {
  readonly functions: Pick<KnownFunctions, "describe" | "eventConfig">;
  readonly logs: Pick<FunctionLogs, "find">;
  readonly invocations: Invocations<Held>;
  readonly config: Pick<LambdaConfig, "prices">;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Events {
  /** It was sent, and is told of from now on. Not accepted: the answer was lost, so that it may have been. */
  begun(sent: Sent, isAccepted: boolean): void;
  /** Looks for what an earlier process has sent, then watches the logs of what is open. Resolves with the signal. */
  run(feed: RoundsFeed, recovered: () => void, signal: AbortSignal): Promise<void>;
}

const FASTEST_MS = 2_000;
const SLOWEST_MS = 10_000;
/** Events that are older than this are looked at more rarely. */
const YOUNG_MS = 60_000;
/** With no event open there is nothing to look at. */
const IDLE_MS = 60_000;
/** How often, and how far back, is looked for lines that came later than others. */
const WIDELY_EVERY_MS = 60_000;
const WIDELY_MS = 15 * 60_000;

/** Lambda tells nothing of an event, so what becomes of it is read in the logs: one search for all of one function. */
export function createEvents(options: EventsOptions): Events {
  return new Watcher(options);
}

class Watcher implements Events {
  readonly #options: EventsOptions;
  readonly #tasks = new Map<string, EventTask>();
  /** By log group: when all of the time was looked at. Monotonic milliseconds. */
  readonly #widelyAt = new Map<string, number>();

  constructor(options: EventsOptions) {
    this.#options = options;
  }

  begun(sent: Sent, isAccepted: boolean): void {
    const task = new EventTask(sent, isAccepted, this.#options);
    this.#tasks.set(keyOf(sent.identity), task);
    task.begin();
  }

  async run(feed: RoundsFeed, recovered: () => void, signal: AbortSignal): Promise<void> {
    let isRecovered = false;
    const round = async (): Promise<void> => {
      if (!isRecovered) await this.#recover(await expectedBy(feed, signal));
      await this.#round(signal);
      if (!isRecovered) recovered();
      isRecovered = true;
    };
    await inRounds(round, () => this.#pause(), { ...this.#options, feed, what: "events", signal });
  }

  /** Told only when their logs have been looked at: what has run must not wait again. */
  async #recover(expected: readonly ExpectedTask[]): Promise<void> {
    for (const one of expected) {
      const named = eventFunctionOf(one.trail);
      const key = keyOf(one.identity);
      if (named === undefined || this.#tasks.has(key) || this.#options.invocations.find(one.identity) !== undefined)
        continue;
      const task = await this.#adopted(one, named);
      if (task !== undefined) this.#tasks.set(key, task);
    }
  }

  async #adopted(one: ExpectedTask, named: FunctionName): Promise<EventTask | undefined> {
    const { functions, nodeName, clock, config: ours } = this.#options;
    const { request: requestId, version } = partsOf(one.id ?? "");
    const what = version === undefined ? named : { name: named.name, qualifier: version };
    const info = await this.#described(what);
    // Without the function there is no log: nobody can know.
    if (info === undefined) return undefined;
    const of = { name: named.name, qualifier: info.version };
    const config = await functions.eventConfig(of);
    const prices = pricesOf(ours, info.architecture);
    const { identity, podName: name, podNamespace: namespace, containers, recordedAt, sentAt } = one;
    const [container = { name: "", image: "" }] = containers;
    const shown = { identity, nodeName, pod: { name, namespace }, container, ...sizeOf({ info, prices }) };
    const times = { notBefore: sentAt ?? recordedAt ?? clock.now(), acceptedAt: sentAt ?? clock.now() };
    const sent = { ...shown, ...times, function: { ...of, version: info.version }, requestId, info, prices, config };
    return new EventTask(sent, requestId !== undefined, this.#options);
  }

  /** A version may have been deleted since; the log is that of the function. */
  async #described(what: FunctionName): Promise<FunctionInfo | undefined> {
    const { functions } = this.#options;
    const orNone = (error: unknown): undefined => {
      if (!(error instanceof ProviderError) || error.kind !== "invalid") throw error;
    };
    const found = await functions.describe(what).catch(orNone);
    return found ?? functions.describe({ name: what.name, qualifier: undefined }).catch(orNone);
  }

  async #round(signal: AbortSignal): Promise<void> {
    for (const [key, task] of this.#tasks) if (task.hasEnded) this.#tasks.delete(key);
    const groups = Map.groupBy(this.#tasks.values(), ({ sent }) => sent.info.logGroup);
    for (const group of this.#widelyAt.keys()) if (!groups.has(group)) this.#widelyAt.delete(group);
    for (const [group, open] of groups) await this.#lookAt(group, open, signal);
  }

  async #lookAt(group: string, open: readonly EventTask[], signal: AbortSignal): Promise<void> {
    const { clock, logs } = this.#options;
    const oldest = Math.min(...open.map(({ sent }) => sent.notBefore));
    const widelyAt = this.#widelyAt.get(group);
    const isWide = widelyAt === undefined || clock.monotonic() - widelyAt >= WIDELY_EVERY_MS;
    const back = widelyAt === undefined ? Infinity : isWide ? WIDELY_MS : 0;
    const startedAt = Math.max(oldest, clock.now() - back);
    const lookedAt = clock.monotonic();
    assign(await logs.find(group, telling, { startedAt }, signal), open);
    if (isWide) this.#widelyAt.set(group, lookedAt);
    for (const task of open) {
      let verdict = task.judged();
      // Before anything but a success is believed, all that there is of it alone is looked at.
      if (verdict.is === "ended" && verdict.end.exitCode !== 0) {
        assign(await logs.find(group, task.texts, { startedAt: task.sent.notBefore }, signal), [task]);
        verdict = task.judged();
      }
      task.tell(verdict);
    }
  }

  #pause(): number {
    const open = [...this.#tasks.values()].filter(({ hasEnded }) => !hasEnded);
    if (open.length === 0) return IDLE_MS;
    const now = this.#options.clock.monotonic();
    return open.some(({ knownSince }) => now - knownSince < YOUNG_MS) ? FASTEST_MS : SLOWEST_MS;
  }
}

/** Gives each line to the event whose it is. */
function assign(found: readonly FoundEvent[], open: readonly EventTask[]): void {
  const byAttempt = new Map(open.map((task) => [keyOf(task.identity), task]));
  const lines = found.flatMap(({ id, stream, timestamp: at, message }) => {
    const fact = factIn(message);
    return fact === undefined ? [] : [{ id: `${stream} ${id}`, seen: { ...fact, stream, at } }];
  });
  for (const { seen } of lines)
    if ("of" in seen && seen.requestId !== undefined) byAttempt.get(keyOf(seen.of))?.claim(seen.requestId);
  const byRequest = new Map(open.flatMap((task) => [...task.requestIds].map((requestId) => [requestId, task])));
  for (const { id, seen } of lines) {
    const whose = "of" in seen ? byAttempt.get(keyOf(seen.of)) : byRequest.get(seen.requestId ?? "");
    whose?.add(id, seen);
  }
}

const keyOf = ({ podUid, attempt }: Pick<TaskIdentity, "podUid" | "attempt">): string => `${podUid}/${attempt}`;
