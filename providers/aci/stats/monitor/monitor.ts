import PQueue from "p-queue";
import {
  asProviderError,
  type ProviderError,
  type Clock,
  type Log,
  type ProviderContext,
  type TaskState,
  type TaskStats,
} from "../../../../src/provider.ts";
import type { KnownGroup } from "../../groups/known-groups.ts";
import { minutesOf } from "./answer.ts";
import { commonMinute, type Meters, statsAt } from "./cut.ts";
import { metered, minuteMs, type Run, type Span, spanOf } from "./meter.ts";

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

interface Kept {
  /** The newest run of each container that was seen. */
  runs: ReadonlyMap<string, Run>;
  meters: Meters;
  /** Until when Azure has been asked, milliseconds since 1970. */
  askedTo: number;
  /** Monotonic milliseconds: after a failure it is left alone. */
  restUntil: number;
  reading: Promise<void> | undefined;
}

/**
 * Usage of groups by Azure Monitor, as `Provider.stats`: averages of minutes, some minutes old. A group is read when somebody asks
 * and another minute may have come, and more seldom where there are more groups than the budget has reads: what was missed comes with
 * the next one. What is not read in time is told the next time. Rejects where nothing is known because it cannot be read.
 */
export function createMonitor({ read, limiter, clock, log }: MonitorOptions) {
  const bucket = limiter(budget);
  const queue = new PQueue({ concurrency: atOnce });
  const groups = new Map<string, Kept>();
  let minute = 0;
  /** Of the last read, where it has failed. */
  let trouble: ProviderError | undefined;

  const readOne = async (name: string, kept: Kept, span: Span): Promise<void> => {
    try {
      const minutes = minutesOf(await bucket.run(async () => read(name, span)));
      const next = [...kept.runs].map(
        ([container, run]) =>
          [
            container,
            metered(kept.meters.get(container) ?? [], run, minutes.get(container) ?? [], clock.now()),
          ] as const,
      );
      kept.meters = new Map(next);
      kept.askedTo = span.to;
      trouble = undefined;
    } catch (error) {
      kept.restUntil = clock.monotonic() + minuteMs;
      const told = asProviderError(error);
      const { kind, reason, message } = told;
      // It has been deleted meanwhile.
      if (kind === "notFound") return;
      if (trouble === undefined)
        log.warn(`Azure Monitor tells no usage${kind === "denied" ? fix : ""}`, { group: name, reason, message });
      trouble = told;
    }
  };

  const ask = ({ name, state }: KnownGroup): Promise<void> | undefined => {
    const kept = groups.get(name) ?? fresh();
    groups.set(name, kept);
    kept.runs = new Map([...kept.runs, ...runsOf(state)]);
    if (kept.reading !== undefined || clock.monotonic() < kept.restUntil) return kept.reading;
    const spans = [...kept.runs].map(([container, run]) => spanOf(kept.meters.get(container) ?? [], run, clock.now()));
    const span = widest(spans);
    if (span === undefined || span.to <= kept.askedTo) return undefined;
    kept.reading = queue.add(async () => readOne(name, kept, span)).finally(() => (kept.reading = undefined));
    return kept.reading;
  };

  return async (running: readonly KnownGroup[]): Promise<readonly TaskStats[]> => {
    const names = new Set(running.map(({ name }) => name));
    for (const name of groups.keys()) if (!names.has(name)) groups.delete(name);
    const over = Promise.withResolvers<void>();
    const cancel = clock.after(patienceMs, over.resolve);
    await Promise.race([Promise.all(running.map(async (group) => ask(group))), over.promise]).finally(cancel);
    const since = clock.now() - staleMs;
    minute = commonMinute(
      [...groups.values()].map(({ meters }) => meters),
      minute,
    );
    const found = running.flatMap(
      ({ name, state }) => statsAt(state, groups.get(name)?.meters ?? new Map(), minute, since) ?? [],
    );
    if (found.length === 0 && running.length > 0 && trouble !== undefined) throw trouble;
    return found;
  };
}

const fix = ": give burstlet's identity the role of deploy/azure/usage.json on the resource group";

const fresh = (): Kept => ({
  runs: new Map(),
  meters: new Map(),
  askedTo: 0,
  restUntil: -Infinity,
  reading: undefined,
});

/** Of the containers that run, or have ended at a time that is known. */
function runsOf({ containers }: TaskState): [string, Run][] {
  return containers.flatMap(({ name, state }): [string, Run][] => {
    if (state.is === "running") return [[name, { startedAt: state.startedAt }]];
    if (state.is !== "terminated" || state.startedAt === undefined) return [];
    return [[name, { startedAt: state.startedAt, endedAt: state.finishedAt }]];
  });
}

/** What is wanted for one container comes for all of a group. */
function widest(spans: readonly (Span | undefined)[]): Span | undefined {
  const all = spans.filter((span) => span !== undefined);
  if (all.length === 0) return undefined;
  return { from: Math.min(...all.map(({ from }) => from)), to: Math.max(...all.map(({ to }) => to)) };
}
