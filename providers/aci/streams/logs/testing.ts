/** Azure's logs in memory: cut as Azure cuts them, one run at a time. */
import { type ContainerRef, ProviderError, rfc3339Nano, type TaskState } from "../../../../src/provider.ts";
import type { FakeClock } from "../../../../test/support/fake-clock.ts";
import { silentLog } from "../../../../test/support/silent-log.ts";
import type { Entrance } from "../connection.ts";
import { createLogs, type Logs } from "./logs.ts";

export const identity = { clusterUid: "c", podUid: "p", attempt: 1 };
export const source = (instance = 0, container = "main"): ContainerRef => ({ task: { identity }, container, instance });

export interface MemoryAzure {
  /** What was asked for: the `tail` of each call. */
  readonly calls: (number | undefined)[];
  /** The next calls reject with these. */
  readonly failures: ProviderError[];
  write(...texts: readonly string[]): void;
  /** The run ends; Azure keeps so many bytes of it. `isKnown`: burstlet's picture says so too. */
  end(isKnown?: boolean): void;
  /** It runs again, with a log of its own, or with that of all runs. */
  again(keepsLog: boolean, isKnown?: boolean): void;
  /** The group is asked to end: what runs again runs for nobody. */
  leave(): void;
  /** What burstlet knows is what is. */
  refresh(): void;
  /** The group is gone. */
  remove(): void;
  open(directory?: string, maxBytes?: number): Promise<Logs>;
}

const nobody = async (): Promise<never> =>
  Promise.reject(new ProviderError("denied", "AuthorizationFailed", "no right to attach"));

/** `attach`: where its stream is, default nowhere. */
export function memoryAzure(
  clock: FakeClock,
  kept = { running: 4 << 20, ended: 16 << 10 },
  attach: () => Promise<Entrance> = nobody,
): MemoryAzure {
  const calls: (number | undefined)[] = [];
  const failures: ProviderError[] = [];
  let content = "";
  let isThere = true;
  let run = {
    instance: 0,
    startedAt: clock.now(),
    endedAt: undefined as number | undefined,
    last: undefined as object | undefined,
  };
  let known = { ...run };
  let leavesAt: number | undefined;
  const refresh = (): void => void (known = { ...run });
  const state = (): TaskState => {
    const { instance, startedAt, endedAt, last } = known;
    if (leavesAt !== undefined && instance > leavesAt) {
      const main = { name: "main", kind: "main", instance: leavesAt, state: last };
      return { id: "bl-1", identity, phase: "running", containers: [main] } as unknown as TaskState;
    }
    const present =
      endedAt === undefined
        ? { is: "running", startedAt }
        : { is: "terminated", startedAt, finishedAt: endedAt, exitCode: 1, reason: "Error" };
    const main = { name: "main", kind: "main", instance, state: present, ...(last && { last }) };
    return { id: "bl-1", identity, phase: "running", containers: [main] } as unknown as TaskState;
  };
  const one = () => {
    const { instance: restartCount, startedAt } = known;
    const currentState = { state: "Running", startTime: new Date(startedAt).toISOString() };
    const view = { name: "main", properties: { instanceView: { restartCount, currentState } } };
    const group = { properties: { containers: [view] } };
    const farewell = leavesAt === undefined ? undefined : { at: 0, hookFailures: {}, deaf: {} };
    return { name: "bl-1", state: state(), group, farewell };
  };
  return {
    calls,
    failures,
    write(...texts) {
      for (const text of texts) content += `${rfc3339Nano(clock.now())} ${text}\n`;
      content = content.slice(-kept.running);
    },
    end(isKnown = true) {
      run = { ...run, endedAt: clock.now() };
      content = content.slice(-kept.ended);
      if (isKnown) refresh();
    },
    again(keepsLog, isKnown = true) {
      const { instance, startedAt, endedAt } = run;
      const last = { is: "terminated", startedAt, finishedAt: endedAt, exitCode: 1, reason: "Error" };
      run = { instance: instance + 1, startedAt: clock.now(), endedAt: undefined, last };
      if (!keepsLog) content = "";
      if (isKnown) refresh();
    },
    leave: () => void (leavesAt = run.instance),
    refresh,
    remove: () => void (isThere = false),
    open: async (directory, maxBytes = 1 << 20) =>
      createLogs({
        client: {
          attach,
          async logs(_group, _container, { tail }) {
            calls.push(tail);
            await Promise.resolve();
            const failure = failures.shift();
            if (failure !== undefined) throw failure;
            if (!isThere) throw new ProviderError("notFound", "ResourceNotFound", "no such group");
            const lines = content.split("\n").slice(0, -1);
            return tail === undefined
              ? content
              : lines
                  .slice(-tail)
                  .map((line) => `${line}\n`)
                  .join("");
          },
        },
        groups: { find: () => (isThere ? one() : undefined), values: () => (isThere ? [one()] : []) },
        look: async () => Promise.resolve(refresh()),
        config: { maxBytes, ...(directory !== undefined && { directory }) },
        clock,
        log: silentLog,
      }),
  };
}

/** What ends with the test. */
const stops: AbortController[] = [];
export function stopAll(): void {
  for (const stop of stops.splice(0)) stop.abort();
}
export function signal(): AbortController {
  const made = new AbortController();
  stops.push(made);
  return made;
}

export async function read(logs: Logs, run = source(), tailLines?: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const records of logs.read(run, { follow: false, tailLines }, signal().signal))
    texts.push(...records.map(({ bytes }) => bytes.toString()));
  return texts;
}

/** Reads on until it is told to stop. */
export function follow(logs: Logs, run = source(), tailLines?: number) {
  const texts: string[] = [];
  const stop = signal();
  const ended = (async () => {
    for await (const records of logs.read(run, { follow: true, tailLines }, stop.signal))
      texts.push(...records.map(({ bytes }) => bytes.toString()));
  })();
  ended.catch(() => undefined);
  return { texts, stop, ended };
}

export const numbered = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `line ${from + index}`);
