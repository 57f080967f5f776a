import { ProviderError } from "../../../../../src/provider.ts";
import type { FilesVolume, TaskState, TaskStats, Terminated, Waiting } from "../../../../../src/provider.ts";
import type { ContainerSpec, TaskSpec } from "../../runtime.ts";
import type { HookedRun } from "../container/hooked.ts";
import { findImage, pullBackOffMs, unknownImageWaits } from "../images.ts";
import type { TaskNetwork } from "../protocol.ts";
import { launchRun } from "./launch.ts";
import {
  conflict,
  networkOf,
  toTaskState,
  withAdded,
  withContainer,
  withFiles,
  withNextRun,
  type ContainerRecord,
  type TaskRecord,
} from "./record.ts";
import { rootRefusal } from "../container/program.ts";
import { forgetRun, markEnded } from "./run-files.ts";
import { nextSteps } from "./row.ts";
import { statsOf } from "./stats.ts";
import { createSandbox, type Held, type Sandbox, type TaskContext } from "./task-sandbox.ts";

/** Until the next try to make a task's namespaces, or to find what a container's environment lacks, milliseconds. */
const retry = 5000;

/** One task: carries out what `row.ts` decides, and keeps the record ahead of every deed. */
export class Task {
  #spec: TaskSpec;
  readonly #context: TaskContext;
  readonly #sandbox: Sandbox;
  readonly #launching = new Set<string>();
  readonly #runs = new Map<string, HookedRun>();
  readonly #stopped = new AbortController();
  #record: TaskRecord;
  #deadline = Infinity;
  #cancelDeadline = (): void => undefined;
  #overdue = false;
  #halted = false;

  constructor(record: TaskRecord, spec: TaskSpec, context: TaskContext) {
    this.#record = record;
    this.#spec = spec;
    this.#context = context;
    this.#sandbox = createSandbox(() => this.#spec, record, context);
    if (record.stopping) this.#stopped.abort();
  }

  state(): TaskState {
    return toTaskState(this.#record, this.#launching);
  }

  /** Starts what may start now, ends what has to end now. */
  advance(): void {
    if (this.#halted) return;
    const steps = nextSteps(this.#record, this.#launching);
    for (const name of steps.launch) this.#launch(name);
    for (const name of steps.terminate) this.#runs.get(name)?.end();
    if (this.#record.stopping) this.#endUnfinished();
    if (!this.#record.stopping || this.busy()) return;
    this.#cancelDeadline();
    void this.#sandbox.close();
  }

  /** Asks for the end, at the latest in `graceSeconds`; a later deadline than the present one changes nothing. */
  stop(graceSeconds: number): void {
    const { clock } = this.#context;
    if (!this.#record.stopping) this.#publish({ ...this.#record, stopping: true });
    this.#stopped.abort();
    const wanted = clock.monotonic() + graceSeconds * 1000;
    if (wanted < this.#deadline) {
      this.#deadline = wanted;
      this.#cancelDeadline();
      if (graceSeconds <= 0) this.#killAll();
      else this.#cancelDeadline = clock.after(graceSeconds * 1000, () => this.#killAll());
    }
    this.advance();
  }

  restart(name: string, instance: number): void {
    const { instance: present } = this.#find(name);
    if (instance <= present) return;
    const next = withNextRun(this.#record, name, instance, this.#runs.has(name));
    // As the kubelet: the log of the last run stays, the one before it goes.
    if (present > 0) forgetRun(this.#context.stateDir, this.#record.key, name, present - 1);
    this.#publish(next);
    this.advance();
  }

  /** What the task has already is left alone. */
  add(added: readonly ContainerSpec[]): void {
    const { key, stopping, containers } = this.#record;
    if (stopping) throw conflict("TaskStopping", `task ${key} is being stopped, nothing is added to it`);
    const fresh = added.filter(({ name }) => !containers.some((known) => known.name === name));
    if (fresh.length === 0) return;
    this.#spec = { ...this.#spec, containers: [...this.#spec.containers, ...fresh] };
    this.#context.store.extend(key, this.#spec);
    this.#publish(withAdded(this.#record, this.#spec, fresh));
    this.advance();
  }

  /** Readers find the old files or the new ones. */
  async update(files: readonly FilesVolume[]): Promise<void> {
    this.#spec = withFiles(this.#spec, this.#record, files);
    this.#context.store.extend(this.#record.key, this.#spec);
    await this.#sandbox.refill(files.map(({ name }) => name));
  }

  /** Ends this run alone. */
  kill(name: string, instance: number, graceSeconds: number): void {
    if (this.#find(name).instance === instance) this.#runs.get(name)?.end(graceSeconds);
  }

  /** What waits for this sidecar goes on. */
  passStartup(name: string): void {
    if (this.#find(name).held) this.#publish(withContainer(this.#record, name, { held: false }));
    this.advance();
  }

  stats(): Promise<TaskStats> {
    return statsOf(this.#record, this.#runs, this.#context);
  }

  /** This run of this container, for who wants to talk to it. */
  running(name: string, instance: number): HookedRun {
    const run = this.#find(name).instance === instance ? this.#runs.get(name) : undefined;
    if (run?.ran === true) return run;
    throw conflict(
      "ContainerNotRunning",
      `container ${name} of task ${this.#record.key} does not run (run ${instance})`,
    );
  }

  network(): TaskNetwork {
    return networkOf(this.#record, this.#context.host.ground.abilities);
  }

  /** Removes a stopped task with everything of it on disk. */
  async discard(): Promise<void> {
    await this.#sandbox.close();
    await this.#context.store.remove(this.#record.key);
    this.#sandbox.free();
  }

  /** Something of it runs or is about to. */
  busy(): boolean {
    return this.#runs.size > 0 || this.#launching.size > 0;
  }

  /** Kills what runs and starts nothing more, because this supervisor ends. The task itself was not asked to stop. */
  halt(): void {
    this.#halted = true;
    this.#stopped.abort();
    this.#killAll();
  }

  /** Ends the namespaces of a task of which nothing runs. */
  async close(): Promise<void> {
    await this.#sandbox.close();
  }

  #save(next: TaskRecord): void {
    this.#record = { ...next, version: this.#record.version + 1 };
    this.#context.store.save(this.#record);
  }

  /** What has happened is told also where the disk takes no more; what is about to happen is not done then (`#save`). */
  #publish(next: TaskRecord): void {
    this.#orLog(() => this.#save(next));
    this.#context.changed(this.state());
  }

  #orLog(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#context.log.error("task not recorded", { task: this.#record.key, error: (error as Error).message });
    }
  }

  #find(name: string): ContainerRecord {
    const container = this.#record.containers.find((candidate) => candidate.name === name);
    if (container === undefined)
      throw new ProviderError("notFound", "ContainerNotFound", `task ${this.#record.key} has no container ${name}`);
    return container;
  }

  #launch(name: string): void {
    const container = this.#find(name);
    if (findImage(container.image) === undefined) return this.#refuseImage(container);
    const state = rootRefusal(this.#spec, name);
    if (state !== undefined) return this.#publish(withContainer(this.#record, name, { state }));
    this.#launching.add(name);
    void this.#begin(name)
      .catch(({ message: error }: Error) =>
        this.#context.log.error("container launch failed", { task: this.#record.key, container: name, error }),
      )
      .finally(() => {
        if (!this.#runs.has(name) && this.#launching.delete(name)) this.#publish(this.#record);
        this.advance();
      });
  }

  async #begin(name: string): Promise<void> {
    const held = await this.#hold();
    if (held === undefined || this.#record.stopping) return;
    const run = await this.#context.makers.add(
      async () =>
        launchRun({
          spec: this.#spec,
          name,
          instance: this.#find(name).instance,
          sandbox: held,
          context: this.#context,
          mayStart: () => !this.#record.stopping && !this.#halted,
          record: (change) => this.#save(withContainer(this.#record, name, change)),
          failed: (hook, why) => this.#hookFailed(name, hook, why),
        }),
      // What has its namespaces runs before others get theirs.
      { priority: 1 },
    );
    if (run === undefined) return;
    if (!("ended" in run)) return run.is === "waiting" ? this.#lookAgain(name, run) : this.#end(name, run);
    this.#runs.set(name, run);
    if (run.up === undefined && run.ran) this.#started(name, run);
    void run.up?.then((up) => up && this.#runs.get(name) === run && this.#started(name, run));
    if (this.#overdue) run.kill();
    void run.ended.then((end) => {
      this.#runs.delete(name);
      this.#end(name, end);
      this.advance();
    });
  }

  #started(name: string, { startedAt }: HookedRun): void {
    this.#launching.delete(name);
    this.#publish(withContainer(this.#record, name, { started: true, state: { is: "running", startedAt } }));
    this.advance();
  }

  /** Hooks of sidecars begin before their turn; and what is still in its postStart hook ends too. */
  #endUnfinished(): void {
    for (const [name, run] of this.#runs) {
      if (this.#launching.has(name)) run.end();
      else run.prepareEnd();
    }
  }

  #hookFailed(name: string, hook: "postStart" | "preStop", why: string): void {
    const { hookFailures } = this.#find(name);
    this.#publish(withContainer(this.#record, name, { hookFailures: { ...hookFailures, [hook]: why } }));
  }

  async #hold(): Promise<Held | undefined> {
    try {
      const held = await this.#context.makers.add(async () =>
        this.#sandbox.hold((sandbox) => this.#save({ ...this.#record, sandbox })),
      );
      if (this.#record.address !== held.address || this.#record.reason !== undefined)
        this.#publish({ ...this.#record, address: held.address, reason: undefined, message: undefined });
      return held;
    } catch (error) {
      const { message } = error as Error;
      this.#context.log.warn("task namespaces failed", { task: this.#record.key, error: message });
      this.#publish({ ...this.#record, reason: "FailedCreatePodSandBox", message });
      await this.#context.clock.sleep(retry, this.#stopped.signal).catch(() => undefined);
      return undefined;
    }
  }

  #end(name: string, end: Terminated): void {
    this.#launching.delete(name);
    const { instance } = this.#find(name);
    this.#publish(withContainer(this.#record, name, { state: end, marks: [] }));
    this.#orLog(() => markEnded(this.#context.stateDir, this.#record.key, name, instance));
  }

  #lookAgain(name: string, state: Waiting): void {
    this.#publish(withContainer(this.#record, name, { state }));
    const isOff = (): boolean => this.#record.stopping || this.#halted || this.#launching.has(name);
    this.#context.clock.after(retry, () => isOff() || this.#launch(name));
  }

  #refuseImage({ name, image }: ContainerRecord): void {
    const policy = this.#spec.containers.find((container) => container.name === name)?.imagePullPolicy;
    const wait = (state: Waiting): void => this.#publish(withContainer(this.#record, name, { state }));
    const { first, later } = unknownImageWaits(image, policy === "Never");
    wait(first);
    if (later !== undefined) this.#context.clock.after(pullBackOffMs, () => this.#record.stopping || wait(later));
  }

  #killAll(): void {
    this.#overdue = true;
    for (const run of this.#runs.values()) run.kill();
  }
}
