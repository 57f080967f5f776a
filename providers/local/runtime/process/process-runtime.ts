import { existsSync, readFileSync, statfsSync } from "node:fs";
import { arch, availableParallelism, release, totalmem } from "node:os";
import { join, resolve } from "node:path";
import {
  ProviderError,
  type Clock,
  type ContainerRef,
  type Log,
  type LogRecord,
  type LogRequest,
} from "../../../../src/provider.ts";
import { readLog } from "../log-reader.ts";
import type { Runtime, RuntimeFacts } from "../runtime.ts";
import { isAlive, markOf } from "./host/processes.ts";
import { endMarker, logPath, optionsName, taskKey } from "./paths.ts";
import type { Method, Methods } from "./protocol.ts";
import { openStreams } from "./streams/streams.ts";
import type { TerminalKind } from "./terminal/terminals.ts";
import { ConnectionLost, reachSupervisor, type Connection, type SupervisorPlace } from "./supervisor-client.ts";
import { watchTasks } from "./watch-tasks.ts";

export interface ProcessRuntimeOptions {
  /** Holds everything of the tasks; made with 0700. One supervisor for each, whoever asks for it. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The node's address, as tasks learn it (`status.hostIP`). */
  readonly hostIP?: string | undefined;
  readonly bridge?: string | undefined;
  /** IPv4 network of the tasks; its first address is the bridge's. */
  readonly subnet?: string | undefined;
  /** `false`: plain process groups, as on a host that permits no namespaces. */
  readonly isolation?: boolean | undefined;
  /** The supervisor ends this long after the last client and the last running container, milliseconds. */
  readonly supervisorIdleMs?: number | undefined;
  /** How terminals are made; by default the best that can be had. */
  readonly terminals?: TerminalKind | undefined;
}

const defaults = { bridge: "burstlet0", subnet: "10.213.0.0/16", isolation: true, idleMs: 60_000 } as const;

/** How often to look whether a supervisor that was shut down is gone, milliseconds. */
const exitLook = 20;

/** Containers as processes of this host. Starts the supervisor of the state directory, or finds it. */
export async function createProcessRuntime(options: ProcessRuntimeOptions): Promise<Runtime> {
  const place = placeOf(options);
  const supervisor = openSupervisor(place);
  const { close: closeStreams, ...streams } = openStreams(place, supervisor);
  const { abilities } = await supervisor.call("hello", {});
  for (const sentence of abilities.missing) options.log.warn("process runtime: host permits less", { sentence });
  return {
    kind: "process",
    facts: async () => hostFacts(place.stateDir, abilities),
    start: (spec) => supervisor.call("start", { spec, hostIP: options.hostIP }),
    stop: ({ identity }, how) => supervisor.call("stop", { identity, ...how }),
    async restart({ identity }, container, instance) {
      await supervisor.call("restart", { identity, container, instance });
    },
    async kill({ task: { identity }, container, instance }, graceSeconds) {
      await supervisor.call("kill", { identity, container, instance, graceSeconds });
    },
    async passStartup({ task: { identity }, container, instance }) {
      await supervisor.call("passStartup", { identity, container, instance });
    },
    async add({ identity }, containers) {
      await supervisor.call("add", { identity, containers });
    },
    async update({ identity }, files) {
      await supervisor.call("update", { identity, files });
    },
    list: () => supervisor.call("list", {}),
    watch: (feed, signal) => watchTasks(place, feed, signal),
    logs: (source, want, signal) => readRunLog(place, source, want, signal),
    stats: () => supervisor.call("stats", {}),
    ...streams,
    async close() {
      closeStreams();
      supervisor.close();
    },
  };
}

/**
 * Kills every task of the state directory and ends its supervisor: no process, namespace, link or bridge is left.
 * Records, logs and exit codes stay on disk. Nothing to do where no supervisor was ever started. Close every runtime
 * first: an open one that misses its supervisor starts the next.
 */
export async function shutdownSupervisor(stateDir: string, clock: Clock): Promise<void> {
  const recorded = join(resolve(stateDir), optionsName);
  if (!existsSync(recorded)) return;
  const options = JSON.parse(readFileSync(recorded, "utf8")) as SupervisorPlace["options"];
  // A supervisor that died left processes behind: a new one ends them.
  const connection = await reachSupervisor({ stateDir: resolve(stateDir), clock, options }, () => undefined);
  try {
    const { pid } = await connection.call("hello", {});
    const supervisor = markOf(pid);
    await connection.call("shutdown", {});
    while (supervisor !== undefined && isAlive(supervisor)) await clock.sleep(exitLook);
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    // It was just ending by itself.
    await shutdownSupervisor(stateDir, clock);
  }
}

function placeOf(options: ProcessRuntimeOptions): SupervisorPlace {
  return {
    stateDir: resolve(options.stateDir),
    clock: options.clock,
    options: {
      bridge: options.bridge ?? defaults.bridge,
      subnet: options.subnet ?? defaults.subnet,
      isolation: options.isolation ?? defaults.isolation,
      idleMs: options.supervisorIdleMs ?? defaults.idleMs,
      terminals: options.terminals,
    },
  };
}

/** One connection for all calls, made again when it is lost. */
function openSupervisor(place: SupervisorPlace): {
  call: Connection["call"];
  /** Only to the supervisor that is there: what is said would mean nothing to the next. */
  tell<M extends Method>(method: M, params: Methods[M]["params"]): void;
  close(): void;
} {
  let current: Promise<Connection> | undefined;
  let closed = false;
  const reach = (): Promise<Connection> => {
    if (current !== undefined) return current;
    const made = reachSupervisor(place, () => undefined);
    current = made;
    const forget = (): void => {
      if (current === made) current = undefined;
    };
    made.then((connection) => connection.closed.then(forget), forget);
    return made;
  };
  return {
    async call<M extends Method>(method: M, params: Methods[M]["params"]) {
      if (closed) throw closedError();
      try {
        return await (await reach()).call(method, params);
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        // By ourselves: nobody would close another connection, nor end a supervisor that is started for it.
        if (closed) throw closedError();
        current = undefined;
        // Every method is idempotent: ask the next supervisor.
        return (await reach()).call(method, params);
      }
    },
    tell(method, params) {
      current?.then((connection) => connection.call(method, params)).catch(() => undefined);
    },
    close() {
      closed = true;
      void current?.then((connection) => connection.close()).catch(() => undefined);
    },
  };
}

function closedError(): ProviderError {
  return new ProviderError("transient", "RuntimeClosed", "the process runtime is closed");
}

async function* readRunLog(
  place: SupervisorPlace,
  source: ContainerRef,
  want: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  const { container, instance } = source;
  const key = taskKey(source.task.identity);
  const path = logPath(place.stateDir, key, container, instance);
  const marker = endMarker(place.stateDir, key, container, instance);
  if (!existsSync(path) && !existsSync(marker))
    throw new ProviderError(
      "notFound",
      "LogNotFound",
      `container ${container} has no log of instance ${instance}: it has not run, or its log is no longer kept`,
    );
  // A discarded task has no marker and no log any more.
  const ended = (): boolean => existsSync(marker) || !existsSync(path);
  yield* readLog({ path, ended, clock: place.clock }, want, signal);
}

function hostFacts(stateDir: string, abilities: Methods["hello"]["result"]["abilities"]): RuntimeFacts {
  const disk = statfsSync(stateDir);
  return {
    cpu: availableParallelism(),
    memory: totalmem(),
    ephemeralStorage: disk.blocks * disk.bsize,
    osImage: osName(),
    kernelVersion: release(),
    containerRuntime: "process://1",
    architecture: arch() === "arm64" ? "arm64" : "amd64",
    taskAddresses: abilities.addresses,
    mounts: abilities.isolation,
    memoryLimits: abilities.limits,
  };
}

function osName(): string {
  try {
    const text = readFileSync("/etc/os-release", "utf8");
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? "Linux";
  } catch {
    return "Linux";
  }
}
