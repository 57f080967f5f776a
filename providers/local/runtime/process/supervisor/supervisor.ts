import PQueue from "p-queue";
import {
  type FilesVolume,
  ProviderError,
  type Clock,
  type Log,
  type TaskIdentity,
  type TaskState,
  type TaskStats,
} from "../../../../../src/provider.ts";
import { createDoors } from "../../network/doors.ts";
import type { ContainerSpec, TaskSpec } from "../../runtime.ts";
import type { Run } from "../container/run.ts";
import type { Host } from "../host/abilities.ts";
import { openPipes } from "../host/pipes.ts";
import { taskKey } from "../paths.ts";
import type { Event, RunRef, TaskNetwork } from "../protocol.ts";
import type { TerminalKind } from "../terminal/terminals.ts";
import { openCommands, type Commands } from "../streams/commands.ts";
import { newRecord } from "./record.ts";
import { recoverTask } from "./recover.ts";
import type { Store } from "./store.ts";
import { Task } from "./task.ts";
import type { TaskContext } from "./task-sandbox.ts";

/** Measured on two cores: more at once make nothing faster and the first ones slower. */
const makersAtOnce = 4;
/** Until every process must have died after SIGKILL, milliseconds. */
const killWait = 10_000;
const killLook = 10;

export interface SupervisorContext {
  readonly stateDir: string;
  readonly host: Host;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly terminals?: TerminalKind | undefined;
}

/** All tasks of one state directory. */
export class Supervisor {
  readonly #context: TaskContext;
  readonly #tasks = new Map<string, Task>();
  readonly #listeners = new Set<(event: Event) => void>();

  /** Takes up what an earlier supervisor left. */
  constructor(context: SupervisorContext) {
    this.#context = {
      ...context,
      makers: new PQueue({ concurrency: makersAtOnce }),
      doors: createDoors(context.clock),
      pipes: openPipes(),
      changed: (state) => this.#tell({ event: "task", state }),
    };
    for (const { record, spec } of context.store.load()) {
      const known = recoverTask(record, context.stateDir);
      context.store.save(known);
      this.#tasks.set(known.key, new Task(known, spec, this.#context));
    }
    for (const task of this.#tasks.values()) task.advance();
  }

  start(spec: TaskSpec, hostIP: string | undefined): TaskState {
    const known = this.#find(spec.identity);
    if (known !== undefined) return known.state();
    const record = newRecord(spec, hostIP);
    this.#context.store.create(record, spec);
    const task = new Task(record, spec, this.#context);
    this.#tasks.set(record.key, task);
    task.advance();
    return task.state();
  }

  async stop(
    identity: TaskIdentity,
    { graceSeconds, discard }: { graceSeconds: number; discard: boolean },
  ): Promise<"stopping" | "stopped" | "gone"> {
    const task = this.#find(identity);
    if (task === undefined) return "gone";
    task.stop(graceSeconds);
    if (task.state().phase !== "stopped") return "stopping";
    if (!discard) return "stopped";
    await task.discard();
    this.#tasks.delete(taskKey(identity));
    this.#tell({ event: "gone", identity });
    return "gone";
  }

  restart(identity: TaskIdentity, container: string, instance: number): void {
    this.#known(identity).restart(container, instance);
  }

  kill({ identity, container, instance }: RunRef, graceSeconds: number): void {
    this.#known(identity).kill(container, instance, graceSeconds);
  }

  passStartup({ identity, container }: RunRef): void {
    this.#known(identity).passStartup(container);
  }

  add(identity: TaskIdentity, containers: readonly ContainerSpec[]): void {
    this.#known(identity).add(containers);
  }

  async update(identity: TaskIdentity, files: readonly FilesVolume[]): Promise<void> {
    await this.#known(identity).update(files);
  }

  list(): readonly TaskState[] {
    return [...this.#tasks.values()].map((task) => task.state());
  }

  async stats(): Promise<readonly TaskStats[]> {
    return Promise.all([...this.#tasks.values()].map(async (task) => task.stats()));
  }

  running({ identity, container, instance }: RunRef): Run {
    return this.#known(identity).running(container, instance);
  }

  /** For one client. */
  commands(): Commands {
    return openCommands(this.#context.clock);
  }

  network(identity: TaskIdentity): TaskNetwork {
    return this.#known(identity).network();
  }

  /** Tells every task, `synced`, then changes, until the returned function is called. */
  subscribe(tell: (event: Event) => void): () => void {
    this.#listeners.add(tell);
    for (const state of this.list()) tell({ event: "task", state });
    tell({ event: "synced" });
    return () => void this.#listeners.delete(tell);
  }

  /** No container runs or is about to. */
  idle(): boolean {
    return this.list().every(({ phase }) => phase === "stopped");
  }

  /**
   * Kills what runs, records how it ended, and removes what this host was given: namespaces, bridge, control groups.
   * Records and logs stay; the next supervisor goes on with them.
   */
  async shutdown(): Promise<void> {
    const { clock, host } = this.#context;
    const tasks = [...this.#tasks.values()];
    for (const task of tasks) task.halt();
    const end = clock.monotonic() + killWait;
    while (tasks.some((task) => task.busy()) && clock.monotonic() < end) await clock.sleep(killLook);
    await Promise.all(tasks.map((task) => task.close()));
    this.#context.doors.close();
    this.#context.pipes.close();
    await host.network?.remove();
    host.ground.cgroups?.remove();
  }

  #find(identity: TaskIdentity): Task | undefined {
    return this.#tasks.get(taskKey(identity));
  }

  #known(identity: TaskIdentity): Task {
    const task = this.#find(identity);
    if (task !== undefined) return task;
    const message = `no task of pod ${identity.podUid}, attempt ${identity.attempt}, is known here`;
    throw new ProviderError("notFound", "TaskNotFound", message);
  }

  #tell(event: Event): void {
    for (const listener of this.#listeners) listener(event);
  }
}
