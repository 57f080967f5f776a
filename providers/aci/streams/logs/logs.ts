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
import { keepAll } from "./keeper.ts";
import { createPoller, type LogsCall, type PollerParts } from "./poller.ts";
import { readLogs } from "./read.ts";
import { runOf } from "./runs.ts";
import { openSpool, type Spool } from "./spool.ts";

export interface LogsParts {
  readonly client: LogsCall;
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

interface KnownTask {
  readonly name: string;
  readonly state: TaskState;
}

export interface Logs {
  /** As Provider.logs. */
  read(source: ContainerRef, want: LogRequest, signal: AbortSignal): AsyncGenerator<readonly LogRecord[]>;
  /** Keeps what Azure will cut, where the configuration has a directory for it, until the signal aborts. */
  keep(signal: AbortSignal): Promise<void>;
  /** The pod is gone: what was kept of it goes too. */
  discard(identity: TaskIdentity): Promise<void>;
}

export function createLogs({ client, groups, look, config, clock, log }: LogsParts): Logs {
  const spool = spoolOf(config, log);
  const runOfSource: PollerParts["runOf"] = ({ task, container, instance }) => {
    const known = groups.find(task);
    return { ...runOf(known?.state, container, instance), group: known?.name ?? "" };
  };
  const poller = createPoller({
    client,
    runOf: runOfSource,
    look: async ({ task }) => {
      const name = groups.find(task)?.name;
      if (name !== undefined) await look(name);
    },
    clock,
    log,
  });
  return {
    read: (source, want, signal) =>
      readLogs({ client, runOf: runOfSource, clock, poller, spool }, source, want, signal),
    async keep(signal) {
      const tasks = (): TaskState[] => groups.values().map(({ state }) => state);
      const opened = await spool();
      if (opened !== undefined) await keepAll({ tasks, poller, spool: opened, clock, log }, signal);
    },
    async discard(identity) {
      await (await spool())?.remove(identity);
    },
  };
}

/** Opened when it is first used. A directory that cannot be had keeps nobody from reading what Azure has. */
function spoolOf({ directory, maxBytes }: AciConfig["logs"], log: Log): () => Promise<Spool | undefined> {
  let opened: Promise<Spool | undefined> | undefined;
  const open = async (): Promise<Spool | undefined> => {
    if (directory === undefined) return undefined;
    return openSpool({ directory, maxBytes }).catch((error: unknown) => {
      log.warn("output of containers cannot be kept: aci.logs.directory", { error });
      return undefined;
    });
  };
  return async () => (opened ??= open());
}
