import {
  type ContainerRef,
  type LogRecord,
  type LogRequest,
  ProviderError,
  type TaskIdentity,
  rfc3339Nano,
  type TaskState,
  type TaskStats,
} from "../../../../src/provider.ts";
import type { Runtime, RuntimeFacts } from "../runtime.ts";
import type { Operation, ScriptedCloud } from "./cloud.ts";

const facts: RuntimeFacts = {
  cpu: 1_000,
  memory: 4 * 2 ** 40,
  ephemeralStorage: 100 * 2 ** 40,
  osImage: "timetable",
  kernelVersion: "none",
  containerRuntime: "scripted://1",
  architecture: process.arch === "arm64" ? "arm64" : "amd64",
  taskAddresses: true,
};

/** What a scripted container is said to use: a hundredth of a core and a mebibyte. */
export const pretended = { cores: 0.01, memoryBytes: 2 ** 20 };

/**
 * Runs nothing and follows a timetable, in virtual or real time according to the cloud's clock. The cloud may be
 * handed to another runtime afterwards, as after a crash: tasks and what it remembers of them stay.
 */
export function createScriptedRuntime({ cloud }: { readonly cloud: ScriptedCloud }): Runtime {
  const closed = new AbortController();
  const open = (operation: Operation): void => {
    if (closed.signal.aborted) throw new Error("the scripted runtime is closed");
    cloud.check(operation);
  };
  return {
    kind: "scripted",
    facts: async () => ({ ...facts, ...cloud.facts }),
    start: (spec) => cloud.start(spec),
    async stop({ identity }, how) {
      open("stop");
      const outcome = stopTask(cloud, identity, how);
      cloud.ledger.stopped(identity, how, outcome);
      return outcome;
    },
    async restart({ identity }, container, instance) {
      open("restart");
      const task = cloud.task(identity);
      if (task === undefined) throw noSuchTask(identity);
      cloud.ledger.restarted(identity, container, instance);
      task.restart(container, instance);
    },
    async kill({ task: { identity }, container, instance }, graceSeconds) {
      open("kill");
      const task = cloud.task(identity);
      if (task === undefined) throw noSuchTask(identity);
      cloud.ledger.killed(identity, container, instance, graceSeconds);
      task.kill(container, instance, graceSeconds);
    },
    async list() {
      open("list");
      return [...cloud.tasks.values()].map((task) => task.state);
    },
    watch: (feed, signal) => cloud.watch(feed, AbortSignal.any([signal, closed.signal])),
    logs: (source, want, signal) => logsOf(cloud, source, want, signal),
    async stats() {
      open("stats");
      return [...cloud.tasks.values()].map((task) => statsOf(task.state, cloud.clock.now()));
    },
    async close() {
      closed.abort();
    },
  };
}

function stopTask(
  cloud: ScriptedCloud,
  identity: TaskIdentity,
  how: { graceSeconds: number; discard: boolean },
): "stopping" | "stopped" | "gone" {
  const task = cloud.task(identity);
  if (task === undefined) return "gone";
  task.stop(how.graceSeconds);
  if (task.state.phase !== "stopped") return "stopping";
  if (!how.discard) return "stopped";
  cloud.forget(identity);
  return "gone";
}

/** One line a run, at its start; `follow` goes on until the run has ended. */
async function* logsOf(
  cloud: ScriptedCloud,
  { task: { identity }, container: name, instance }: ContainerRef,
  want: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  cloud.check("logs");
  const container = cloud.task(identity)?.state.containers.find((found) => found.name === name);
  if (container === undefined) throw noSuchTask(identity);
  const present = [container.state, container.last][container.instance - instance];
  const startedAt = present !== undefined && "startedAt" in present ? present.startedAt : undefined;
  if (startedAt === undefined) throw new ProviderError("notFound", "NoLogs", `run ${instance} of ${name} has no logs`);
  const bytes = Buffer.from(`run ${instance} of container ${name} follows its timetable`);
  const records: LogRecord[] = [{ time: rfc3339Nano(startedAt), stream: "stdout", bytes, partial: false }];
  yield want.tailLines === 0 ? [] : records;
  if (want.follow && present?.is === "running") await ended(cloud, identity, name, instance, signal);
}

/** Resolves when that run has ended, or when nobody waits for it any more. */
async function ended(
  cloud: ScriptedCloud,
  identity: TaskIdentity,
  name: string,
  instance: number,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const look = (): void => {
    const container = cloud.task(identity)?.state.containers.find((found) => found.name === name);
    if (container?.instance !== instance || container.state.is !== "running") over.abort();
  };
  const feed = { task: look, gone: look, synced: look, health: () => {} };
  await cloud.watch(feed, AbortSignal.any([signal, over.signal]));
}

function statsOf(state: TaskState, now: number): TaskStats {
  return {
    identity: state.identity,
    containers: state.containers.flatMap(({ name, state: run }) => {
      if (run.is !== "running") return [];
      const { startedAt } = run;
      const cpuSeconds = (Math.max(0, now - startedAt) / 1000) * pretended.cores;
      return [{ name, time: now, startedAt, cpuSeconds, memoryBytes: pretended.memoryBytes }];
    }),
  };
}

const noSuchTask = (identity: TaskIdentity): ProviderError =>
  new ProviderError("notFound", "NoSuchTask", `the scripted cloud knows no task of pod ${identity.podUid}`);
