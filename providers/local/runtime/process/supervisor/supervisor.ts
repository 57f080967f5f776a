import {
  ProviderError,
  type Clock,
  type Log,
  type TaskIdentity,
  type TaskState,
  type TaskStats,
} from "../../../../../src/provider.ts";
import type { TaskSpec } from "../../runtime.ts";
import type { Host } from "../host/abilities.ts";
import type { Event } from "../protocol.ts";
import { taskKey } from "../paths.ts";
import { newRecord } from "./record.ts";
import { recoverTask } from "./recover.ts";
import type { Store } from "./store.ts";
import { Task } from "./task.ts";

/** All tasks of one state directory. */
export interface Supervisor {
  start(spec: TaskSpec, hostIP: string | undefined): TaskState;
  stop(
    identity: TaskIdentity,
    how: { graceSeconds: number; discard: boolean },
  ): Promise<"stopping" | "stopped" | "gone">;
  restart(identity: TaskIdentity, container: string, instance: number): void;
  list(): readonly TaskState[];
  stats(): readonly TaskStats[];
  subscribe(tell: (event: Event) => void): () => void;
  /** No container runs or is about to. */
  idle(): boolean;
  /**
   * Kills what runs, records how it ended, and removes what this host was given: namespaces, bridge, control groups.
   * Records and logs stay; the next supervisor goes on with them.
   */
  shutdown(): Promise<void>;
}

/** Until every process must have died after SIGKILL, milliseconds. */
const killWait = 10_000;

export function createSupervisor(context: {
  stateDir: string;
  host: Host;
  store: Store;
  clock: Clock;
  log: Log;
}): Supervisor {
  const { stateDir, host, store, clock } = context;
  const tasks = new Map<string, Task>();
  const listeners = new Set<(event: Event) => void>();
  const tellAll = (event: Event): void => listeners.forEach((tell) => tell(event));
  const taskContext = { ...context, changed: (state: TaskState): void => tellAll({ event: "task", state }) };

  for (const { record, spec } of store.load()) {
    const known = recoverTask(record, stateDir);
    store.save(known);
    tasks.set(known.key, new Task(known, spec, taskContext));
  }
  for (const task of tasks.values()) task.advance();

  const find = (identity: TaskIdentity): Task | undefined => tasks.get(taskKey(identity));
  const list = (): readonly TaskState[] => [...tasks.values()].map((task) => task.state());
  const nothingRuns = (): boolean => [...tasks.values()].every((task) => !task.busy());

  return {
    start(spec, hostIP) {
      const known = find(spec.identity);
      if (known !== undefined) return known.state();
      const record = newRecord(spec, hostIP);
      store.create(record, spec);
      const task = new Task(record, spec, taskContext);
      tasks.set(record.key, task);
      task.advance();
      return task.state();
    },
    async stop(identity, { graceSeconds, discard }) {
      const task = find(identity);
      if (task === undefined) return "gone";
      task.stop(graceSeconds);
      if (task.state().phase !== "stopped") return "stopping";
      if (!discard) return "stopped";
      await task.discard();
      tasks.delete(taskKey(identity));
      tellAll({ event: "gone", identity });
      return "gone";
    },
    restart(identity, container, instance) {
      const task = find(identity);
      if (task === undefined)
        throw new ProviderError(
          "notFound",
          "TaskNotFound",
          `no task of pod ${identity.podUid}, attempt ${identity.attempt}, is known here`,
        );
      task.restart(container, instance);
    },
    list,
    stats: () => [...tasks.values()].map((task) => task.stats()),
    subscribe(tell) {
      listeners.add(tell);
      for (const task of tasks.values()) tell({ event: "task", state: task.state() });
      tell({ event: "synced" });
      return () => void listeners.delete(tell);
    },
    idle: () => list().every(({ phase }) => phase === "stopped"),
    async shutdown() {
      for (const task of tasks.values()) task.halt();
      const end = clock.monotonic() + killWait;
      while (!nothingRuns() && clock.monotonic() < end) await clock.sleep(10);
      await Promise.all([...tasks.values()].map((task) => task.close()));
      await host.network?.remove();
      host.ground.cgroups?.remove();
    },
  };
}
