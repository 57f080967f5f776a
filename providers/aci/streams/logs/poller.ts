import {
  asProviderError,
  type Clock,
  type ContainerRef,
  type Log,
  type ProviderError,
} from "../../../../src/provider.ts";
import type { Cursor } from "./cursor.ts";
import { linesOf, type LogLine } from "./lines.ts";
import { isDoubtful, isForeign, linesOfRun, type RunOfLog } from "./runs.ts";

/** Of the client, see there. */
export interface LogsCall {
  logs(
    group: string,
    container: string,
    want: { readonly tail?: number | undefined; readonly timestamps: boolean },
    signal?: AbortSignal,
  ): Promise<string>;
}

/** Somebody who waits for what one run of a container writes. */
export interface Subscriber {
  readonly source: ContainerRef;
  readonly cursor: Cursor;
  /** `follow`: somebody looks. `keep`: it is only not to be lost. `last`: the run is about to end, and its log to be lost. */
  readonly pace: Pace;
  /** New lines, oldest first, each once. Must not wait. */
  push(lines: readonly LogLine[], missed: boolean): void;
  /** It has been looked, whether there was anything new or not. */
  looked?(): void;
  /** Nothing more comes: all is read, or `error` stands in the way. */
  end(error?: ProviderError): void;
}

type Pace = "follow" | "keep" | "last";

export interface PollerParts {
  readonly client: LogsCall;
  /** What is known of the run, and of its group's name. */
  readonly runOf: (source: ContainerRef) => RunOfLog & { readonly group: string };
  /** Has Azure asked for the group's state, now. */
  readonly look: (source: ContainerRef) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Poller {
  /** The returned function leaves. */
  subscribe(subscriber: Subscriber): () => void;
  /** Something has become of this run: whoever waits for it is told at the next turn. */
  hurry(source: ContainerRef): void;
}

/** Milliseconds between two looks at one log: longer and longer while it says nothing. */
const paces = {
  last: { first: 250, longest: 1_000 },
  follow: { first: 1_000, longest: 5_000 },
  keep: { first: 10_000, longest: 60_000 },
} as const;
const troubleLongest = 60_000;
/** Between any two looks: of 25 reads a second the states of groups have 19. */
const apart = 250;
/** Lines that are asked for at first; then four times as many, and then all. */
const firstTail = 200;
const tailGrowth = 4;
const longestTail = 3_200;

/**
 * ONE loop that reads for everybody: each log that somebody waits for by one call, whoever waits, and never more than four a
 * second. Without subscribers there is no loop.
 */
export function createPoller(parts: PollerParts): Poller {
  const sources = new Map<string, Source>();
  let running = false;
  let turn = 0;
  const run = async (): Promise<void> => {
    running = true;
    while (sources.size > 0) {
      const next = nextOf(sources.values(), parts.clock.monotonic(), turn++);
      if (next !== undefined) {
        next.busy = true;
        void poll(parts, next).finally(() => {
          next.busy = false;
          if (next.subscribers.size === 0 && sources.get(next.key) === next) sources.delete(next.key);
        });
      }
      await parts.clock.sleep(apart);
    }
    running = false;
  };
  return {
    subscribe(subscriber) {
      const key = runKey(subscriber.source);
      const source = sources.get(key) ?? newSource(key, subscriber.source);
      sources.set(key, source);
      source.subscribers.add(subscriber);
      source.wait = 0;
      source.at = Math.min(source.at, parts.clock.monotonic() + paces[subscriber.pace].first);
      if (!running) void run();
      return () => {
        source.subscribers.delete(subscriber);
        if (source.subscribers.size === 0 && !source.busy && sources.get(key) === source) sources.delete(key);
      };
    },
    hurry(of) {
      const source = sources.get(runKey(of));
      if (source !== undefined) source.at = parts.clock.monotonic();
    },
  };
}

/** Whoever looks or is in a hurry comes first, but for each fourth turn, so that nothing is lost for long while many look. */
function nextOf(sources: Iterable<Source>, now: number, turn: number): Source | undefined {
  const due = [...sources].filter(({ busy, at }) => !busy && at <= now).toSorted((a, b) => a.at - b.at);
  return (turn % 4 === 0 ? undefined : due.find((source) => paceOf(source) !== "keep")) ?? due[0];
}

function paceOf({ subscribers }: Source): Pace {
  const wanted = new Set([...subscribers].map(({ pace }) => pace));
  return wanted.has("last") ? "last" : wanted.has("follow") ? "follow" : "keep";
}

interface Source {
  readonly key: string;
  readonly of: ContainerRef;
  readonly subscribers: Set<Subscriber>;
  /** Monotonic milliseconds of the next look. */
  at: number;
  wait: number;
  failures: number;
  busy: boolean;
}

function newSource(key: string, of: ContainerRef): Source {
  return { key, of, subscribers: new Set(), at: Infinity, wait: 0, failures: 0, busy: false };
}

async function poll(parts: PollerParts, source: Source): Promise<void> {
  const { clock, log } = parts;
  try {
    const isNews = await round(parts, source);
    source.failures = 0;
    const pace = paces[paceOf(source)];
    source.wait = isNews ? pace.first : Math.min(Math.max(source.wait * 1.5, pace.first), pace.longest);
  } catch (error) {
    const trouble = asProviderError(error);
    const { kind, reason, message } = trouble;
    if (source.failures === 0 && kind !== "throttled" && kind !== "notFound")
      log.warn("a log cannot be read", { reason, message });
    source.wait = Math.min(paces.follow.first * 2 ** source.failures++, troubleLongest);
    if (kind === "denied") endAll(source, trouble);
    // The group is gone, or will be known to be soon.
    if (parts.runOf(source.of).which === "gone") endAll(source);
  }
  source.at = clock.monotonic() + source.wait;
}

/** Was there anything new? */
async function round(parts: PollerParts, source: Source): Promise<boolean> {
  const asked = [...source.subscribers];
  let run = parts.runOf(source.of);
  let isNews = false;
  if (run.which !== "gone") {
    // What an ended run has written is read once more after its end is known, and then no more.
    let left = asked;
    for (let tail: number | undefined = firstTail; left.length > 0; tail = tail && moreThan(tail)) {
      const content = await parts.client.logs(run.group, source.of.container, { tail, timestamps: true });
      const text = linesOf(content, parts.clock.now());
      const isWhole = tail === undefined || text.lines.length < tail;
      if (isWhole && left.some(({ cursor }) => isDoubtful(run, cursor, text))) {
        await parts.look(source.of);
        run = parts.runOf(source.of);
      }
      left = left.filter((subscriber) => {
        if (isWhole && isForeign(run, subscriber.cursor, text)) return false;
        const told = subscriber.cursor.advance(text, { isWhole, isOver: run.isOver, isOurs: linesOfRun(run) });
        if (told === "more") return true;
        if (told.fresh.length > 0) {
          isNews = true;
          subscriber.push(told.fresh, told.missed);
        }
        return false;
      });
    }
  }
  for (const subscriber of asked) subscriber.looked?.();
  if (run.isOver) endAll(source, undefined, asked);
  return isNews;
}

const moreThan = (tail: number): number | undefined => (tail < longestTail ? tail * tailGrowth : undefined);

function endAll(source: Source, error?: ProviderError, who: Iterable<Subscriber> = [...source.subscribers]): void {
  for (const subscriber of who) if (source.subscribers.delete(subscriber)) subscriber.end(error);
}

/** Of one run of a container. */
export function runKey({ task: { identity }, container, instance }: ContainerRef): string {
  return `${identity.clusterUid}/${identity.podUid}/${identity.attempt}/${container}/${instance}`;
}
