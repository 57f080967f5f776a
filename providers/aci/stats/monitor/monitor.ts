import PQueue from "p-queue";
import {
  asProviderError,
  type Clock,
  type Log,
  type ProviderContext,
  type TaskState,
  type TaskStats,
} from "../../../../src/provider.ts";
import type { KnownGroup } from "../../groups/known-groups.ts";
import { minutesOf } from "./answer.ts";
import { type Meter, metered, minuteMs, type Span, spanOf } from "./meter.ts";

export interface MonitorOptions {
  /** The answer of Azure Monitor for one group; behind the bucket of reads. */
  readonly read: (group: string, span: Span) => Promise<unknown>;
  readonly limiter: ProviderContext["limiter"];
  readonly clock: Clock;
  readonly log: Log;
}

/** Of the 25 reads a second that Azure allows; what is looked at for pods takes 19 of them at most. */
const budget = { rate: 4, burst: 8 };
const atOnce = 4;
/** Who asks for all of them waits for 8 seconds. */
const patienceMs = 5_000;
/** Figures that are older say nothing of the present: for so long Prometheus looks back. */
const staleMs = 300_000;

type Running = TaskState["containers"][number] & { readonly state: { readonly is: "running" } };

/**
 * Usage of groups by Azure Monitor, as `Provider.stats`: averages of minutes, some minutes old. A group is read when somebody asks
 * and a minute may have come, once a minute at most, and more seldom where there are more groups than the budget has reads: what was
 * missed comes with the next one. What is not read in time is told the next time.
 */
export function createMonitor({ read, limiter, clock, log }: MonitorOptions) {
  const bucket = limiter(budget);
  const queue = new PQueue({ concurrency: atOnce });
  const meters = new Map<string, ReadonlyMap<string, Meter>>();
  const readAt = new Map<string, number>();
  const reading = new Map<string, Promise<void>>();
  let isTold = false;

  const readOne = async ({ name, state }: KnownGroup, span: Span): Promise<void> => {
    try {
      const body = await bucket.run(async () => read(name, span));
      const minutes = minutesOf(body);
      const known = meters.get(name);
      const now = clock.now();
      const next = runningOf(state).flatMap((one) => {
        const meter = metered(known?.get(one.name), one.state.startedAt, minutes.get(one.name) ?? [], now);
        return meter === undefined ? [] : [[one.name, meter] as const];
      });
      meters.set(name, new Map(next));
      isTold = false;
    } catch (error) {
      const { kind, reason, message } = asProviderError(error);
      // It has been deleted meanwhile.
      if (kind === "notFound") return;
      if (!isTold) log.warn("Azure Monitor tells no usage", { group: name, reason, message });
      isTold = true;
    } finally {
      readAt.set(name, clock.monotonic());
    }
  };

  const ask = (group: KnownGroup): Promise<void> | undefined => {
    const { name, state } = group;
    const present = reading.get(name);
    if (present !== undefined) return present;
    if (clock.monotonic() - (readAt.get(name) ?? -Infinity) < minuteMs) return undefined;
    const span = widest(
      runningOf(state).map((one) => spanOf(meters.get(name)?.get(one.name), one.state.startedAt, clock.now())),
    );
    if (span === undefined) return undefined;
    const read = queue.add(async () => readOne(group, span)).finally(() => reading.delete(name));
    reading.set(name, read);
    return read;
  };

  return async (groups: readonly KnownGroup[]): Promise<readonly TaskStats[]> => {
    const names = new Set(groups.map(({ name }) => name));
    for (const map of [meters, readAt]) for (const name of map.keys()) if (!names.has(name)) map.delete(name);
    const over = Promise.withResolvers<void>();
    const cancel = clock.after(patienceMs, over.resolve);
    await Promise.race([Promise.all(groups.map(async (group) => ask(group))), over.promise]).finally(cancel);
    const since = clock.now() - staleMs;
    return groups.flatMap(({ name, state }) => statsOf(state, meters.get(name), since) ?? []);
  };
}

function runningOf({ containers }: TaskState): Running[] {
  return containers.filter((one): one is Running => one.state.is === "running");
}

/** What is wanted for one container comes for all of a group. */
function widest(spans: readonly (Span | undefined)[]): Span | undefined {
  const all = spans.filter((span) => span !== undefined);
  if (all.length === 0) return undefined;
  return { from: Math.min(...all.map(({ from }) => from)), to: Math.max(...all.map(({ to }) => to)) };
}

/** The containers that run, as far as something is known of this run since then; `undefined`: of none. */
function statsOf(
  state: TaskState,
  meters: ReadonlyMap<string, Meter> | undefined,
  since: number,
): TaskStats | undefined {
  const containers = runningOf(state).flatMap(({ name, state: { startedAt } }) => {
    const meter = meters?.get(name);
    if (meter === undefined || meter.startedAt !== startedAt || meter.until < since) return [];
    return [{ name, time: meter.until, startedAt, cpuSeconds: meter.cpuSeconds, memoryBytes: meter.memoryBytes }];
  });
  return containers.length === 0 ? undefined : { identity: state.identity, containers };
}
