/** Keeps the tasks moving by the engine's events and a full look every so often. */
import { asProviderError } from "../../../../../src/provider.ts";
import type { Clock, Log, ProviderError, TaskIdentity } from "../../../../../src/provider.ts";
import { advance, lookAt } from "./advance.ts";
import { createAdvances } from "./advances.ts";
import type { EngineEvent } from "../api/shapes.ts";
import { identityOf, nodeFilter } from "../names.ts";
import { nextSteps } from "../next.ts";
import type { Workshop } from "../perform.ts";
import type { Task, Tasks } from "../tasks.ts";
import { taskView } from "../view.ts";

export interface Driver {
  /** Advance this task soon. */
  kick(task: Task): void;
  /** A full look at the engine: every task is known afterwards. */
  sweep(): Promise<void>;
  /** Resolves after the first full look that succeeded. */
  ready(): Promise<void>;
  trouble(): ProviderError | undefined;
  close(): Promise<void>;
}

/** Events tell of changes at once; this is for those that were lost. */
const sweepEvery = 10_000;
const firstBackOff = 500;
const longestBackOff = 30_000;

export interface DriverParts {
  readonly shop: Workshop;
  readonly tasks: Tasks;
  readonly clock: Clock;
  readonly log: Log;
  readonly clusterUid: string;
  readonly nodeName: string;
}

export function createDriver(parts: DriverParts): Driver {
  const { shop, tasks, clock, log } = parts;
  const filter = nodeFilter(parts.clusterUid, parts.nodeName);
  const closing = new AbortController();
  const first = Promise.withResolvers<void>();
  const health = createHealth(tasks, log);
  const advances = createAdvances(
    { tasks, clock, advance: (task, hooks) => advance(shop, task, hooks) },
    closing.signal,
  );

  const sweepFailed = (error: unknown): void => health.set(asProviderError(error));

  async function sweep(): Promise<void> {
    const before = new Map(tasks.all().map((task) => [task, task.looks]));
    const listed = await shop.client.containers(filter);
    const groups = Map.groupBy(listed, (one) => groupOf(tasks, identityOf(one.Labels)));
    groups.delete(undefined);
    for (const task of new Set([...before.keys(), ...groups.keys()])) {
      if (task === undefined) continue;
      await tasks.locked(task, async () => {
        // Somebody looked since our list was asked for: what we hold is older than what he has seen.
        if (task.looks !== (before.get(task) ?? 0)) return;
        await lookAt(shop, task, groups.get(task) ?? []);
        if (settle(parts, task)) advances.nudge(task);
      });
    }
    health.set(undefined);
    first.resolve();
  }

  async function readEvents(): Promise<void> {
    for await (const event of shop.client.events(filter, closing.signal)) {
      const task = noteEvent(tasks, event);
      if (task !== undefined) advances.nudge(task);
    }
  }

  /** Without events the sweeps go on, only slower; whether the engine as a whole is away shows in one made now. */
  async function eventsFailed(error: unknown): Promise<void> {
    log.debug("container engine's events broke off", { error: asProviderError(error).message });
    try {
      await sweep();
    } catch (failure) {
      sweepFailed(failure);
    }
  }

  const loop = { clock, signal: closing.signal };
  const loops = Promise.all([
    keep(loop, sweepEvery, sweep, sweepFailed),
    keep(loop, firstBackOff, readEvents, eventsFailed),
  ]);
  return {
    kick: (task) => advances.kick(task),
    sweep,
    ready: () => first.promise,
    trouble: () => health.trouble(),
    async close() {
      closing.abort(new Error("the runtime is closed"));
      for (const task of tasks.all()) task.cancelLook();
      await Promise.all([loops, advances.idle()]);
    },
  };
}

/** After a look: tells what is new. Is there something to do, now or by a timer that only an advance sets? */
function settle({ tasks, clock }: DriverParts, task: Task): boolean {
  const { record, seen } = task;
  if (record === undefined || (record.bare && seen.length === 0)) {
    tasks.drop(task);
    return false;
  }
  tasks.tell(task);
  const { steps, wakeAt } = nextSteps(taskView(record, seen, clock.now()));
  return steps.length > 0 || wakeAt !== undefined;
}

/** Whatever happened to this container: what we know of it is old now. */
function noteEvent(tasks: Tasks, { Actor: actor }: EngineEvent): Task | undefined {
  const identity = identityOf(actor.Attributes);
  const task = identity && tasks.find(identity);
  if (task !== undefined) task.seen = task.seen.map((one) => (one.id === actor.ID ? { ...one, status: "" } : one));
  return task;
}

/** The engine's health, told once for each change. */
function createHealth(tasks: Tasks, log: Log) {
  let trouble: ProviderError | undefined;
  return {
    trouble: () => trouble,
    set(next: ProviderError | undefined): void {
      if (trouble?.reason === next?.reason && trouble?.message === next?.message) return;
      if (next === undefined) log.info("container engine answers again");
      else log.warn("container engine is in trouble", { reason: next.reason, message: next.message });
      trouble = next;
      for (const feed of tasks.feeds()) feed.health(next);
    },
  };
}

/** `work` again and again, `pause` ms apart; after a failure with growing pauses. */
async function keep(
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  pause: number,
  work: () => Promise<void>,
  failed: (error: unknown) => void | Promise<void>,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await work();
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      await failed(error);
    }
    const wait = failures === 0 ? pause : Math.min(firstBackOff * 2 ** (failures - 1), longestBackOff);
    await clock.sleep(wait, signal).catch(() => undefined);
  }
}

function groupOf(tasks: Tasks, identity: TaskIdentity | undefined): Task | undefined {
  return identity === undefined ? undefined : tasks.get(identity);
}
