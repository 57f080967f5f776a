import {
  type Clock,
  type ContainerState,
  ProviderError,
  type RunState,
  type TaskState,
  type Terminated,
} from "../../../../src/provider.ts";
import { type Ending, endOf, phaseOf, whoseTurn } from "./rows.ts";
import type { Script } from "./timetable.ts";

/** What changes of a task reach: its cloud. */
export interface TaskEvents {
  changed(state: TaskState): void;
  /** The timetable makes the cloud forget the task. */
  gone(): void;
}

interface Run {
  readonly script: Script;
  /** Told to start, and not told to start again since. */
  begun: boolean;
  /** Monotonic time of SIGTERM. */
  terminatedAt?: number | undefined;
  /** Monotonic time at which this run alone is killed. */
  killAt?: number | undefined;
  cancel?: (() => void) | undefined;
}

/** One task that follows its timetable: only the present TaskState and a few numbers per container are kept. */
export class ScriptedTask {
  state: TaskState;
  readonly #clock: Clock;
  readonly #events: TaskEvents;
  readonly #runs: readonly Run[];
  /** Monotonic time at which what still runs is killed; set once the task has been told to stop. */
  #deadline: number | undefined;

  constructor(clock: Clock, first: TaskState, scripts: readonly Script[], events: TaskEvents) {
    this.#clock = clock;
    this.#events = events;
    this.state = first;
    this.#runs = scripts.map((script) => ({ script, begun: false }));
  }

  /** Call once, when the cloud knows the task. */
  begin(): void {
    this.#goOn();
  }

  /** Runs instance `instance` of a container, ending the present one if it still runs. */
  restart(name: string, instance: number): void {
    const index = this.state.containers.findIndex((container) => container.name === name);
    const container = this.state.containers[index];
    const run = this.#runs[index];
    if (container === undefined || run === undefined) {
      throw new ProviderError("notFound", "NoSuchContainer", `task ${this.state.id} has no container ${name}`);
    }
    if (container.instance >= instance) return;
    if (this.#deadline !== undefined) {
      throw new ProviderError(
        "conflict",
        "TaskStopping",
        `task ${this.state.id} has been stopped: it restarts nothing`,
      );
    }
    run.cancel?.();
    run.begun = false;
    const last = container.state.is === "running" ? this.#ended(container.state, endOf.killed()) : container.state;
    const state: RunState = { is: "waiting", reason: "ContainerCreating" };
    this.#change(index, { instance, state, ...(last.is === "terminated" && { last }) });
    this.#begin(index);
  }

  /** SIGTERM to this run, SIGKILL when its grace is over; a later call with less grace shortens it. */
  kill(name: string, instance: number, graceSeconds: number): void {
    const index = this.state.containers.findIndex((container) => container.name === name);
    const container = this.state.containers[index];
    const run = this.#runs[index];
    if (run === undefined || container?.instance !== instance || container.state.is !== "running") return;
    const deadline = this.#clock.monotonic() + graceSeconds * 1000;
    if (run.killAt !== undefined && run.killAt <= deadline) return;
    run.killAt = deadline;
    this.#endOne(index);
  }

  /** May be called again; a later call with less grace shortens it. */
  stop(graceSeconds: number): void {
    const deadline = this.#clock.monotonic() + graceSeconds * 1000;
    if (this.#deadline !== undefined && this.#deadline <= deadline) return;
    const first = this.#deadline === undefined;
    this.#deadline = deadline;
    if (first) {
      for (const run of this.#runs) run.cancel?.();
      this.#update({});
    }
    this.#endAll();
  }

  /** The cloud takes the task away at once. */
  disrupt(): void {
    this.forget();
    this.#deadline = this.#clock.monotonic();
    const containers = this.state.containers.map((container) =>
      container.state.is === "running"
        ? { ...container, state: this.#ended(container.state, endOf.killed()) }
        : container,
    );
    this.#update({ containers, disrupted: true, reason: "Disrupted", message: "the cloud took the task away" });
  }

  /** Ends one running container, as the kernel or a user inside would. */
  end(name: string, ending: Ending): void {
    const index = this.state.containers.findIndex((container) => container.name === name);
    if (index < 0) throw new Error(`task ${this.state.id} has no container ${name}`);
    this.#finish(index, ending);
  }

  /** Cancels every timer; nothing happens any more. */
  forget(): void {
    for (const run of this.#runs) run.cancel?.();
  }

  #goOn(): void {
    for (const index of whoseTurn(this.state.containers)) {
      // One that ended at once may have taken the whole task with it.
      if (this.#deadline === undefined && this.#runs[index]?.begun === false) this.#begin(index);
    }
  }

  #begin(index: number): void {
    const run = this.#runs[index];
    if (run === undefined) return;
    run.begun = true;
    run.terminatedAt = undefined;
    run.killAt = undefined;
    if (run.script.image === "missing") {
      const message = `the timetable says that image ${this.state.containers[index]?.image} is missing`;
      return this.#change(index, { state: { is: "waiting", reason: "ErrImagePull", message } });
    }
    this.#after(run, run.script.start, () => this.#run(index, run));
  }

  #run(index: number, run: Run): void {
    const container = this.state.containers[index];
    const containerID = `scripted://${this.state.id}-${container?.name}-${container?.instance}`;
    this.#change(index, { state: { is: "running", startedAt: this.#clock.now() }, containerID });
    if (run.script.run !== "forever") this.#after(run, run.script.run, () => this.#endByScript(index, run.script));
    this.#goOn();
  }

  #endByScript(index: number, script: Script): void {
    switch (script.end) {
      case "exit":
        return this.#finish(index, endOf.exit(script.exit));
      case "oom":
        return this.#finish(index, endOf.oom());
      case "unknown":
        return this.#finish(index, endOf.unknown());
      case "disrupted":
        return this.disrupt();
      case "gone":
        return this.#events.gone();
    }
  }

  #finish(index: number, ending: Ending): void {
    const state = this.state.containers[index]?.state;
    if (state?.is !== "running") return;
    this.#runs[index]?.cancel?.();
    this.#change(index, { state: this.#ended(state, ending) });
    if (this.#deadline === undefined) this.#goOn();
    else this.#endAll();
  }

  /** SIGTERM to what still runs, main containers first, sidecars once those have ended; SIGKILL at the deadline. */
  #endAll(): void {
    const running = [...this.state.containers.entries()].filter(([, { state }]) => state.is === "running");
    const mains = running.filter(([, { kind }]) => kind !== "sidecar");
    for (const [index] of mains.length > 0 ? mains : running) this.#endOne(index);
  }

  #endOne(index: number): void {
    const run = this.#runs[index];
    const deadline = Math.min(this.#deadline ?? Infinity, run?.killAt ?? Infinity);
    if (run === undefined || deadline === Infinity) return;
    const now = this.#clock.monotonic();
    run.terminatedAt ??= now;
    const byItself = run.terminatedAt + run.script.stop * 1000;
    run.cancel?.();
    const ending = byItself <= deadline ? endOf.terminated() : endOf.killed();
    this.#after(run, Math.max(0, Math.min(byItself, deadline) - now) / 1000, () => this.#finish(index, ending));
  }

  /** At once where nothing is to be waited for: a timer per step would be the greater part of a task's cost. */
  #after(run: Run, seconds: number, fn: () => void): void {
    run.cancel = seconds > 0 ? this.#clock.after(seconds * 1000, fn) : undefined;
    if (seconds <= 0) fn();
  }

  #ended(running: { readonly startedAt: number }, ending: Ending): Terminated {
    return { is: "terminated", ...ending, startedAt: running.startedAt, finishedAt: this.#clock.now() };
  }

  #change(index: number, change: Partial<ContainerState>): void {
    const containers = this.state.containers.with(index, { ...this.#container(index), ...change });
    this.#update({ containers });
  }

  #container(index: number): ContainerState {
    const container = this.state.containers[index];
    if (container === undefined) throw new Error(`task ${this.state.id} has no container number ${index}`);
    return container;
  }

  #update(change: Partial<TaskState>): void {
    const containers = change.containers ?? this.state.containers;
    const phase = phaseOf(containers, this.#deadline !== undefined);
    this.state = { ...this.state, ...change, phase, version: this.state.version + 1 };
    this.#events.changed(this.state);
  }
}
