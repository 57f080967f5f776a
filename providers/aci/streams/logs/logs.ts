import {
  type Clock,
  type ContainerRef,
  type Log,
  type LogRecord,
  type LogRequest,
  type TaskIdentity,
  type TaskRef,
  type TaskState,
} from "../../../../src/provider.ts";
import type { AciConfig } from "../../config.ts";
import { createLastWords } from "../last-words/last-words.ts";
import type { AttachParts } from "../attach.ts";
import { createKeeper, keepAll } from "./keeper.ts";
import { createMemorySpool } from "./memory-spool.ts";
import { createPoller, type LogsCall, type PollerParts } from "./poller.ts";
import { readLogs } from "./read.ts";
import { type KnownRuns, runOf } from "./runs.ts";
import { openSpool, type Spool } from "./spool.ts";

export interface LogsParts {
  readonly client: LogsCall & AttachParts["client"];
  /** Of this node's groups, what is known. */
  readonly groups: {
    find(task: TaskRef): KnownTask | undefined;
    values(): readonly KnownTask[];
  };
  /** Reads one group now, by name. */
  readonly look: (group: string) => Promise<void>;
  readonly config: AciConfig["logs"];
  readonly clock: Clock;
  readonly log: Log;
}

interface KnownTask extends KnownRuns {
  readonly name: string;
}

export interface Logs {
  /** As Provider.logs. */
  read(source: ContainerRef, want: LogRequest, signal: AbortSignal): AsyncGenerator<readonly LogRecord[]>;
  /**
   * The run is about to be asked to end: from now on its output is kept whatever Azure begins after it. Resolves when somebody
   * listens, or soon after it is clear that nobody can. Never rejects.
   */
  hear(source: ContainerRef): Promise<void>;
  /** Keeps what Azure will cut, where the configuration has a directory for it, until the signal aborts. */
  keep(signal: AbortSignal): Promise<void>;
  /** The pod is gone: what was kept of it goes too. */
  discard(identity: TaskIdentity): Promise<void>;
}

export function createLogs({ client, groups, look, config, clock, log }: LogsParts): Logs {
  const spool = spoolOf(config, log);
  const runOfSource: PollerParts["runOf"] = ({ task, container, instance }) => {
    const known = groups.find(task);
    return { ...runOf(known, container, instance), group: known?.name ?? "" };
  };
  const lookAt: PollerParts["look"] = async ({ task }) => {
    const name = groups.find(task)?.name;
    if (name !== undefined) await look(name);
  };
  const poller = createPoller({ client, runOf: runOfSource, look: lookAt, clock, log });
  const keeper = createKeeper({ poller, spool: async () => (await spool()).spool, log });
  const lastWords = createLastWords({ client, keeper, poller, groups, look: lookAt, clock, log });
  const parts = { client, runOf: runOfSource, look: lookAt, clock, poller, lastWords };
  return {
    read: (source, want, signal) =>
      readLogs({ ...parts, spool: async () => (await spool()).spool }, source, want, signal),
    hear: lastWords.hear,
    async keep(signal) {
      const tasks = (): TaskState[] => groups.values().map(({ state }) => state);
      if ((await spool()).isLasting) await keepAll({ tasks, keeper, clock }, signal);
    },
    async discard(identity) {
      await lastWords.forget(identity);
      await keeper.written();
      await (await spool()).spool.remove(identity);
    },
  };
}

interface OpenSpool {
  readonly spool: Spool;
  /** It outlives burstlet, and has room for everything. */
  readonly isLasting: boolean;
}

/** Opened when it is first used. A directory that cannot be had keeps nobody from reading what Azure has. */
function spoolOf({ directory, maxBytes }: AciConfig["logs"], log: Log): () => Promise<OpenSpool> {
  let opened: Promise<OpenSpool> | undefined;
  const inMemory = (): OpenSpool => ({ spool: createMemorySpool(), isLasting: false });
  const open = async (): Promise<OpenSpool> => {
    if (directory === undefined) return inMemory();
    try {
      return { spool: await openSpool({ directory, maxBytes }), isLasting: true };
    } catch (error) {
      log.warn("output of containers cannot be kept: aci.logs.directory", { error });
      return inMemory();
    }
  };
  return async () => (opened ??= open());
}
