import {
  asProviderError,
  type Clock,
  type ContainerRef,
  type ContainerState,
  type Log,
  type TaskState,
} from "../../../../src/provider.ts";
import { Cursor } from "./cursor.ts";
import type { LogLine } from "./lines.ts";
import { told } from "./notices.ts";
import { type Poller, runKey } from "./poller.ts";
import type { Spool } from "./spool.ts";

export interface KeeperParts {
  readonly poller: Poller;
  readonly spool: () => Promise<Spool>;
  readonly log: Log;
}

/** Who hears what is read of a run that is about to end. */
export interface Listener {
  /** New lines of Azure's log. */
  read(lines: readonly LogLine[]): void;
  /** Everything has been read that Azure had. */
  looked(): void;
  /** Nothing more can be read. */
  ended(): void;
}

/** Has the output of runs kept in the spool, each line once. Never rejects. */
export interface Keeper {
  keep(source: ContainerRef): Promise<void>;
  /** Keeps it, at the pace of last words. */
  hear(source: ContainerRef, listener: Listener): Promise<void>;
  /** More of its end, from elsewhere. */
  append(source: ContainerRef, lines: readonly LogLine[]): void;
  leave(source: ContainerRef): void;
  /** Resolves when all is written. */
  written(): Promise<void>;
}

/** By so many lines of the spool the place in Azure's log is found again. */
const remembered = 200;

interface KeptRun {
  readonly cursor: Cursor;
  listener: Listener | undefined;
  leave: () => void;
}

export function createKeeper({ poller, spool: open, log }: KeeperParts): Keeper {
  const runs = new Map<string, Promise<KeptRun | undefined>>();
  const { append, written, failed } = createWriter({ spool: open, log });
  const subscribe = (source: ContainerRef, run: KeptRun, pace: "keep" | "last"): void => {
    run.leave = poller.subscribe({
      source,
      cursor: run.cursor,
      pace,
      push(fresh, missed) {
        append(source, told(fresh, missed));
        run.listener?.read(fresh);
      },
      looked: () => run.listener?.looked(),
      end: () => run.listener?.ended(),
    });
  };
  const begin = async (source: ContainerRef, pace: "keep" | "last", listener?: Listener) => {
    const cursor = new Cursor(await (await open()).read(source, remembered));
    const run: KeptRun = { cursor, listener, leave: () => undefined };
    subscribe(source, run, pace);
    return run;
  };
  return {
    async keep(source) {
      const key = runKey(source);
      if (!runs.has(key)) runs.set(key, begin(source, "keep").catch(failed));
      await runs.get(key);
    },
    async hear(source, listener) {
      const key = runKey(source);
      const before = runs.get(key);
      const heard = (async (): Promise<KeptRun | undefined> => {
        const run = await before;
        if (run === undefined) return begin(source, "last", listener);
        run.leave();
        run.listener = listener;
        subscribe(source, run, "last");
        return run;
      })();
      runs.set(key, heard.catch(failed));
      await runs.get(key);
    },
    append,
    leave(source) {
      const key = runKey(source);
      void runs.get(key)?.then((run) => run?.leave());
      runs.delete(key);
    },
    written,
  };
}

/** What is written goes on behind whoever writes; that it cannot be written is said once. */
function createWriter({ spool, log }: Pick<KeeperParts, "spool" | "log">) {
  const writing = new Set<Promise<void>>();
  let isTold = false;
  const failed = (error: unknown): undefined => {
    const { message } = asProviderError(error);
    if (!isTold) log.warn("output of containers cannot be kept: aci.logs.directory", { message });
    isTold = true;
  };
  return {
    failed,
    append(source: ContainerRef, lines: readonly LogLine[]): void {
      const written = spool()
        .then(async (opened) => opened.append(source, lines))
        .then(() => void (isTold = false), failed);
      writing.add(written);
      void written.finally(() => writing.delete(written));
    },
    async written(): Promise<void> {
      await Promise.all(writing);
    },
  };
}

export interface KeepAllParts {
  readonly tasks: () => readonly TaskState[];
  readonly keeper: Keeper;
  readonly clock: Clock;
}

/** How often it is looked for containers that are new, milliseconds. */
const look = 5_000;

/** Has the output of every container of this node kept, until the signal aborts. Never rejects. */
export async function keepAll({ tasks, keeper, clock }: KeepAllParts, signal: AbortSignal): Promise<void> {
  const kept = new Map<string, ContainerRef>();
  while (!signal.aborted) {
    const runs = new Map(
      tasks()
        .flatMap(runsOf)
        .map((source) => [runKey(source), source]),
    );
    for (const [key, source] of kept) {
      if (runs.has(key)) continue;
      keeper.leave(source);
      kept.delete(key);
    }
    for (const [key, source] of runs) {
      if (kept.has(key)) continue;
      kept.set(key, source);
      await keeper.keep(source);
    }
    await clock.sleep(look, signal).catch(() => undefined);
  }
  for (const source of kept.values()) keeper.leave(source);
  await keeper.written();
}

/** The present run of each container that has begun, also one that has ended: what it wrote last is still to be read. */
function runsOf({ identity, containers }: TaskState): ContainerRef[] {
  return containers
    .filter((container) => hasOutput(container))
    .map(({ name, instance }) => ({ task: { identity }, container: name, instance }));
}

function hasOutput({ state, last }: ContainerState): boolean {
  return state.is !== "waiting" || last !== undefined;
}
