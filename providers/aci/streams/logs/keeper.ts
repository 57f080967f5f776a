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
import type { Poller } from "./poller.ts";
import type { Spool } from "./spool.ts";

export interface KeeperParts {
  readonly tasks: () => readonly TaskState[];
  readonly poller: Poller;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly log: Log;
}

/** How often it is looked for containers that are new, milliseconds. */
const look = 5_000;
/** By so many lines of the spool the place in Azure's log is found again. */
const remembered = 200;

/** Has the output of every container of this node kept in the spool, until the signal aborts. Never rejects. */
export async function keepAll({ tasks, poller, spool, clock, log }: KeeperParts, signal: AbortSignal): Promise<void> {
  /** By run: how to leave it. */
  const kept = new Map<string, () => void>();
  const writing = new Set<Promise<void>>();
  let isTold = false;
  const failed = (error: unknown): void => {
    const { message } = asProviderError(error);
    if (!isTold) log.warn("output of containers cannot be kept: aci.logs.directory", { message });
    isTold = true;
  };
  const write = (source: ContainerRef, lines: readonly LogLine[]): void => {
    const written = spool.append(source, lines).then(() => void (isTold = false), failed);
    writing.add(written);
    void written.finally(() => writing.delete(written));
  };
  const keep = async (source: ContainerRef): Promise<() => void> => {
    const cursor = new Cursor(await spool.read(source, remembered));
    return poller.subscribe({
      source,
      cursor,
      pace: "keep",
      push: (fresh, missed) => write(source, told(fresh, missed)),
      end: () => undefined,
    });
  };
  while (!signal.aborted) {
    const runs = new Map(tasks().flatMap(runsOf));
    for (const [key, leave] of kept) {
      if (runs.has(key)) continue;
      leave();
      kept.delete(key);
    }
    for (const [key, source] of runs) {
      if (kept.has(key)) continue;
      kept.set(key, () => undefined);
      await keep(source).then((leave) => kept.set(key, leave), failed);
    }
    await clock.sleep(look, signal).catch(() => undefined);
  }
  for (const leave of kept.values()) leave();
  await Promise.all(writing);
}

/** The present run of each container that has begun, also one that has ended: what it wrote last is still to be read. */
function runsOf({ identity, containers }: TaskState): (readonly [string, ContainerRef])[] {
  return containers
    .filter((container) => hasOutput(container))
    .map(({ name, instance }) => [
      `${identity.podUid}/${identity.attempt}/${name}/${instance}`,
      { task: { identity }, container: name, instance },
    ]);
}

function hasOutput({ state, last }: ContainerState): boolean {
  return state.is !== "waiting" || last !== undefined;
}
