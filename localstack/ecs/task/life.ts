import type { TaskState } from "../../../src/model/task-state.ts";
import { identityOf } from "../../owner.ts";
import { Attendants } from "./attendants.ts";
import type { Health, StopCode, TaskRecord, TaskStatus } from "./record.ts";
import { graceOf, specOf, stopTimeoutOf } from "./spec.ts";
import { type Prepared, prepare } from "./start-trouble.ts";
import type { Surroundings } from "./surroundings.ts";
import { gaveUpOn, helpersToEnd, takeNews, type Verdict, verdictOf } from "./verdict.ts";

/**
 * One task on its way from PROVISIONING to STOPPED: it waits the times of the scenario, has its containers run by the
 * runtime, and follows what the runtime tells. What follows from what is decided in verdict.ts.
 */
export class TaskLife {
  readonly record: TaskRecord;
  readonly #around: Surroundings;
  readonly #forget: () => void;
  readonly #attendants: Attendants;
  #cancel: () => void = () => {};
  #started: Promise<void> | undefined;
  #discarded: Promise<void> | undefined;
  /** Nothing of it is asked of the runtime any more. */
  readonly #closed = new AbortController();
  #lastNews: TaskState | undefined;
  /** Its containers have been told to end. */
  #isEnding = false;
  /** Helpers whose end is the stand-in's doing. */
  readonly #endedHelpers = new Set<string>();

  /** `forget`: called when AWS no longer remembers the task. */
  constructor(record: TaskRecord, around: Surroundings, forget: () => void) {
    this.record = record;
    this.#around = around;
    this.#forget = forget;
    this.#attendants = new Attendants(record, around, {
      health: (name, health) => this.health(name, health),
      late: (name) => this.#follow(gaveUpOn(name, this.record)),
    });
  }

  /** `doom`: why it stops before anything of it has started. */
  begin(doom?: string): void {
    this.#around.events(this.record);
    if (doom !== undefined) this.stop("TaskFailedToStart", doom);
    else this.#wait(this.#times.provisioning, () => this.#pend());
  }

  /** Ends the task; false when it has been told before. */
  stop(code: StopCode, reason: string): boolean {
    return this.#stop(code, reason, () => {
      this.#turn("DEACTIVATING");
      this.#wait(this.#times.deactivating, () => void this.#end("STOPPING"));
    });
  }

  /** AWS takes the machine of a Spot task back: SIGTERM with the notice, while the task is still told to be RUNNING. */
  interrupt(): boolean {
    return this.#stop("SpotInterruption", "Your Spot Task was interrupted.", () => void this.#end("RUNNING"));
  }

  /** `begin`: how that begins where its containers run. */
  #stop(code: StopCode, reason: string, begin: () => void): boolean {
    const { record } = this;
    if (record.desiredStatus === "STOPPED") return false;
    this.#cancel();
    record.desiredStatus = "STOPPED";
    record.stopCode = code;
    record.stoppedReason = reason;
    record.stoppingAt = this.#around.clock.now();
    this.#changed();
    if (this.#started === undefined) this.#deprovision();
    else if (record.lastStatus === "PENDING") void this.#end("STOPPING");
    else begin();
    return true;
  }

  /** The runtime's news. */
  news(state: TaskState): void {
    if (this.record.stoppedAt !== undefined) return;
    if (state.version < (this.#lastNews?.version ?? 0)) return;
    this.#lastNews = state;
    if (takeNews(this.record, state, this.#around.clock.now())) this.#changed();
    for (const name of this.#endedHelpers) this.#excuse(name);
    this.#attendants.look();
    if (this.record.desiredStatus === "STOPPED") return this.#settle();
    if (state.disrupted === true) return void this.retire();
    this.#follow(verdictOf(this.record, state));
    this.#endHelpers();
  }

  /** The runtime knows nothing of the task any more, though nobody has asked for that. */
  lost(): void {
    if (this.record.stoppedAt !== undefined) return;
    this.stop("InfrastructureHealth", "The infrastructure of the task has been lost.");
    this.#cancel();
    this.#deprovision();
  }

  retire(): boolean {
    // The sentence of task-maintenance in the ECS guide; which stopCode goes with it is a switch.
    return this.stop(
      this.#around.scenario.now.switches.retirementStopCode,
      "ECS is performing maintenance on the underlying infrastructure hosting the task.",
    );
  }

  health(name: string, health: Health): void {
    const container = this.record.containers.find((one) => one.name === name);
    if (container === undefined || container.health === health) return;
    container.health = health;
    // Events tell no health; whether ECS counts its changes nobody has looked up.
    this.record.version += 1;
    if (health === "HEALTHY") {
      const task = { identity: identityOf(this.record.id) };
      void this.#around.runtime.passStartup?.({ task, container: name, instance: 0 }).catch(() => undefined);
    }
    const stops = this.#around.scenario.now.switches.unhealthyStops && container.definition?.essential === true;
    if (health === "UNHEALTHY" && stops) this.stop("ServiceSchedulerInitiated", "Task failed container health checks");
  }

  /** Ends what runs, at once, and waits for nothing: the stand-in closes. */
  async close(): Promise<void> {
    this.#cancel();
    this.#attendants.close();
    this.#closed.abort();
    if (this.#started === undefined) return;
    await this.#started.catch(() => undefined);
    await this.#discard();
  }

  get #times() {
    return this.#around.scenario.now.times;
  }

  #pend(): void {
    const { clock } = this.#around;
    this.record.pullStartedAt = clock.now();
    this.record.connectivityAt = clock.now();
    this.#turn("PENDING");
    this.#wait(this.#times.pull, () => {
      const prepared = prepare(this.record, this.#around);
      if ("is" in prepared) return this.#follow(prepared);
      this.record.pullStoppedAt = clock.now();
      this.#changed();
      // Later, because a runtime may tell of a task while it is asked to start it.
      this.#started = Promise.resolve().then(() => this.#start(prepared));
    });
  }

  async #start(prepared: Prepared): Promise<void> {
    const { runtime, scenario, metadata } = this.#around;
    const realImages = runtime.kind !== "scripted";
    const spec = specOf(this.record, { metadata: metadata(), region: scenario.now.region, realImages, ...prepared });
    try {
      this.news(await runtime.start(spec));
    } catch (error) {
      const reason = `ResourceInitializationError: ${(error as Error).message}`;
      if (this.stop("TaskFailedToStart", reason) || this.record.lastStatus !== "STOPPED") this.#deprovision();
    }
  }

  #follow(verdict: Verdict): void {
    switch (verdict.is) {
      case "nothing":
        return;
      case "started":
        if (this.record.lastStatus !== "PENDING") return;
        // What AWS adds by itself comes up with the rest.
        for (const container of this.record.containers)
          if (container.definition === undefined) container.lastStatus = "RUNNING";
        this.#turn("ACTIVATING");
        return this.#wait(this.#times.activating, () => {
          this.record.startedAt = this.#around.clock.now();
          this.#turn("RUNNING");
        });
      case "stop": {
        const marked = this.record.containers.find(({ name }) => name === verdict.mark?.name);
        if (marked !== undefined) Object.assign(marked, verdict.mark);
        this.stop(verdict.code, verdict.reason);
      }
    }
  }

  /** A runtime that is away for a moment is asked again: nothing ends by itself because nobody could be told. */
  async #end(status: TaskStatus): Promise<void> {
    this.#isEnding = true;
    this.#turn(status);
    await this.#started;
    while (this.#isEnding && !this.#closed.signal.aborted) {
      try {
        return await this.#terminate();
      } catch {
        await this.#around.clock.sleep(1000, this.#closed.signal).catch(() => undefined);
      }
    }
  }

  /** SIGTERM to all that runs, then SIGKILL: each container by its own stopTimeout. */
  async #terminate(): Promise<void> {
    const { runtime } = this.#around;
    const task = { identity: identityOf(this.record.id) };
    const grace = graceOf(this.record.definition.containerDefinitions);
    for (const { name, definition, lastStatus } of this.record.containers) {
      if (lastStatus !== "RUNNING" || definition === undefined || stopTimeoutOf(definition) >= grace) continue;
      await runtime.kill({ task, container: name, instance: 0 }, this.#pace(stopTimeoutOf(definition)));
    }
    const outcome = await runtime.stop(task, { graceSeconds: this.#pace(grace), discard: false });
    if (outcome === "gone") this.#deprovision();
    else this.#settle();
  }

  /** Processes do not run faster because this clock does. */
  #pace(seconds: number): number {
    return this.#around.runtime.kind === "scripted" ? seconds : seconds / this.#around.clock.rate;
  }

  #settle(): void {
    if (!this.#isEnding || this.#lastNews?.phase !== "stopped") return;
    this.#deprovision();
  }

  #deprovision(): void {
    const { record } = this;
    if (record.lastStatus === "DEPROVISIONING" || record.lastStatus === "STOPPED") return;
    this.#isEnding = false;
    const now = this.#around.clock.now();
    if (this.#started !== undefined) record.executionStoppedAt = now;
    for (const container of record.containers) {
      if (container.lastStatus === "RUNNING") container.finishedAt = now;
      container.lastStatus = "STOPPED";
    }
    this.#turn("DEPROVISIONING");
    this.#wait(this.#times.deprovisioning, () => void this.#stopped());
  }

  async #stopped(): Promise<void> {
    const { record } = this;
    const { clock, ledger } = this.#around;
    record.stoppedAt = clock.now();
    this.#turn("STOPPED");
    ledger.write({
      at: record.stoppedAt,
      event: "ended",
      taskArn: record.arn,
      startedBy: record.request.startedBy ?? "",
      stopCode: record.stopCode ?? "",
      stoppedReason: record.stoppedReason ?? "",
      exitCodes: Object.fromEntries(record.containers.map(({ name, exitCode = null }) => [name, exitCode])),
    });
    this.#cancel = clock.after(this.#times.memory * 1000, this.#forget);
    await this.#attendants.finish();
    if (this.#started !== undefined) await this.#discard();
    this.#around.folders.release(record.id);
  }

  /** Once; a runtime that is away keeps what it has, until the next stand-in finds it. */
  #discard(): Promise<void> {
    const task = { identity: identityOf(this.record.id) };
    this.#discarded ??= this.#around.runtime.stop(task, { graceSeconds: 0, discard: true }).then(
      () => undefined,
      () => undefined,
    );
    return this.#discarded;
  }

  #endHelpers(): void {
    const { runtime } = this.#around;
    if (runtime.kind !== "scripted") return;
    for (const name of helpersToEnd(this.record)) {
      if (this.#endedHelpers.has(name)) continue;
      this.#endedHelpers.add(name);
      const run = { task: { identity: identityOf(this.record.id) }, container: name, instance: 0 };
      void runtime.kill(run, 0).catch(() => this.#endedHelpers.delete(name));
    }
  }

  /** The helper has ended by itself, as far as anybody is told. */
  #excuse(name: string): void {
    const helper = this.record.containers.find((one) => one.name === name);
    if (helper?.lastStatus === "STOPPED") helper.exitCode = 0;
  }

  #turn(status: TaskStatus): void {
    this.record.lastStatus = status;
    this.#changed();
  }

  #changed(): void {
    this.record.version += 1;
    this.#around.events(this.record);
  }

  #wait(seconds: number, then: () => void): void {
    this.#cancel = seconds > 0 ? this.#around.clock.after(seconds * 1000, then) : () => {};
    if (seconds <= 0) then();
  }
}
