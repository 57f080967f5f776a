import type { TaskState } from "../../../src/model/task-state.ts";
import { isOver, isUp, runsNow, stateOf } from "./decide.ts";
import { Deployment } from "./deployment.ts";
import { tellFailedPull } from "./news.ts";
import { addEvent, type GroupRecord, type Provisioning } from "./record.ts";
import { grace, Runs } from "./runs.ts";
import { specOf } from "./spec.ts";
import type { LookForTrouble, Surroundings, Trouble } from "./surroundings.ts";
import { Timers } from "./timers.ts";

export interface GroupLifeParts {
  readonly around: Surroundings;
  /** What holds up provisioning, asked at each try. */
  readonly trouble: LookForTrouble;
  /** Called when nothing is left of a deleted group. */
  readonly forget: () => void;
}

/**
 * One group on its way: it waits the times of the scenario, has its containers run by the runtime, runs them again as its
 * policy says, and follows what the runtime tells. What follows from what is decided in decide.ts.
 */
export class GroupLife {
  readonly record: GroupRecord;
  readonly #around: Surroundings;
  readonly #parts: GroupLifeParts;
  readonly #timers: Timers;
  readonly #runs: Runs;
  #present: Deployment | undefined;
  /** Those that end while another one begins. */
  readonly #former = new Set<Deployment>();
  #overTold = false;

  constructor(record: GroupRecord, parts: GroupLifeParts) {
    this.record = record;
    this.#parts = parts;
    this.#around = parts.around;
    this.#timers = new Timers(parts.around.clock);
    const { around } = parts;
    this.#runs = new Runs(record, { around, timers: this.#timers, deployment: () => this.#present });
  }

  /** From the PUT on, or from a new start. */
  begin(provisioning: Provisioning = "Pending"): void {
    const { times } = this.#around.scenario.now.azure;
    this.#overTold = false;
    this.record.provisioning = provisioning;
    this.#timers.set("timeout", times.timeout, () => this.#timeout());
    const wait = provisioning === "Repairing" ? times.repair : times.pending;
    this.#timers.set("way", wait, () => this.#create());
  }

  /** The runtime's news. */
  news(state: TaskState): void {
    const present = this.#present;
    if (present?.spec.identity.attempt !== state.identity.attempt) {
      for (const one of this.#former) if (one.spec.identity.attempt === state.identity.attempt) one.news(state);
      return;
    }
    present.news(state);
    this.record.address = state.podIPs[0] ?? this.record.address;
    this.#runs.news(state);
    if (state.disrupted === true) this.platform(7148);
    this.#settle();
  }

  /** The runtime knows nothing of this deployment any more. */
  lost(attempt: number): void {
    for (const one of this.#former) if (one.spec.identity.attempt === attempt) one.gone();
    if (this.#present?.spec.identity.attempt !== attempt) return;
    this.#present.gone();
    if (!this.record.deleted && !this.record.stopped) this.platform(7148);
  }

  /** Its containers start anew, with nothing known of former runs: a PUT on it, start and restart. */
  async renew(provisioning: Provisioning): Promise<void> {
    this.record.stopped = false;
    this.#runs.forget();
    this.record.provisioning = provisioning;
    await this.#replace();
    // Somebody may have deleted it meanwhile.
    if (!this.record.deleted) this.begin(provisioning);
  }

  /** Resolves when all has ended. */
  async stop(): Promise<void> {
    this.#pause();
    this.record.stopped = true;
    await this.#present?.end(this.#grace());
    this.#settle();
  }

  /** Azure ends the containers and has them run elsewhere, unless they are never to run again: 7147 with time, 7148 without. */
  platform(exitCode: 7147 | 7148): void {
    this.#move(exitCode, "Killing", "Killing container: platform initiated restart");
  }

  /** The Spot capacity is taken away; how that is told is not known. */
  evict(): void {
    const { evictionEvent } = this.#around.scenario.now.switches.azure;
    const words = "Killing container: the Spot container group is preempted";
    this.#move(137, evictionEvent === "told" ? "Killing" : undefined, words);
  }

  async delete(): Promise<void> {
    const { record } = this;
    const around = this.#around;
    this.#pause();
    record.deleted = true;
    record.provisioning = "Deleting";
    await this.#present?.end(this.#grace());
    await this.#present?.discard();
    await Promise.all([...this.#former].map((one) => one.end(0)));
    this.#timers.set("way", around.scenario.now.azure.times.deleting, () => {
      around.ledger.write({ ...this.#entry(), event: "group gone" });
      this.#finishOperation();
      this.#parts.forget();
    });
  }

  async close(): Promise<void> {
    this.#pause();
    const all = [...this.#former, ...(this.#present === undefined ? [] : [this.#present])];
    await Promise.all(all.map((one) => one.close()));
  }

  /** For a log, a command: what is asked of the runtime goes to this task. */
  get deployment(): Deployment | undefined {
    return this.#present;
  }

  #create(): void {
    const { clock, scenario } = this.#around;
    const trouble = this.#parts.trouble(this.record);
    if (trouble !== undefined) return this.#fail(trouble);
    if (this.record.provisioning === "Pending") this.record.provisioning = "Creating";
    for (const container of this.record.containers) {
      container.instance = 0;
      container.over = false;
      container.printed = [];
      container.current = { state: "Waiting", detailStatus: "" };
      addEvent(container.events, clock.now(), "Pulling", `pulling image "${container.input.image}"`);
    }
    this.#timers.set("way", scenario.now.azure.times.pull, () => this.#run());
  }

  #run(): void {
    const { runtime, clock, scenario, ledger, metrics } = this.#around;
    const gigabyte = scenario.now.switches.azure.gigabyte === "2^30" ? 2 ** 30 : 1e9;
    const settings = { gigabyte, grace: this.#grace(), metrics: metrics() };
    const present = new Deployment(specOf(this.record, settings), { runtime, clock });
    this.#present = present;
    ledger.write({ ...this.#entry(), event: "group run", deployment: this.record.deployment });
    present.start().then(
      (state) => this.news(state),
      (error: unknown) => {
        if (this.#present !== present || this.record.deleted) return;
        this.#present = undefined;
        this.#fail({ code: "ContainerGroupStartFailed", message: (error as Error).message });
      },
    );
  }

  /** It stays Failed and is tried on: Azure removes nothing. */
  #fail({ code, message, event = "Failed", container: name }: Trouble): void {
    const { clock, scenario } = this.#around;
    const { record } = this;
    const container = record.containers.find((one) => one.name === name);
    const now = clock.now();
    // Where it is no image, with a time that is no start, as an example of Azure's has it.
    const startTime = container === undefined ? now : undefined;
    for (const one of record.containers) one.current = { state: "Waiting", startTime, detailStatus: "" };
    if (container !== undefined) {
      if (record.provisioning === "Pending") record.provisioning = "Creating";
      tellFailedPull(container, message, now);
    } else {
      addEvent(record.events, now, event, message);
      record.provisioning = "Failed";
      this.#finishOperation({ code, message });
    }
    this.#timers.set("way", scenario.now.azure.times.retry, () => this.#create());
  }

  #timeout(): void {
    if (isUp(this.record) || this.record.provisioning === "Failed") return;
    this.record.provisioning = "Failed";
    // The code is from memory.
    const message = `The container group '${this.record.name}' was not provisioned within its timeout.`;
    this.#finishOperation({ code: "ContainerGroupProvisioningTimeout", message });
  }

  #settle(): void {
    const { record } = this;
    const isBack = record.provisioning !== "Repairing" || record.containers.some(runsNow);
    if (!record.deleted && isBack && isUp(record)) {
      record.provisioning = "Succeeded";
      this.#finishOperation();
    }
    if (!isOver(record) || this.#overTold) return;
    this.#overTold = true;
    const exitCodes = Object.fromEntries(
      record.containers.map(({ name, current }) => [name, current?.exitCode ?? null]),
    );
    this.#around.ledger.write({ ...this.#entry(), event: "group ended", state: stateOf(record), exitCodes });
  }

  #finishOperation(error?: { readonly code: string; readonly message: string }): void {
    const { operation } = this.record;
    if (operation.status !== "Pending") return;
    operation.status = error === undefined ? "Succeeded" : "Failed";
    operation.error = error;
  }

  #move(exitCode: number, event: string | undefined, words: string): void {
    const { record } = this;
    if (record.deleted || isOver(record)) return;
    this.#runs.takeAway(exitCode, event, words);
    const again = record.input.properties.restartPolicy !== "Never";
    if (again) record.provisioning = "Repairing";
    void this.#replace().then(() => {
      if (!again) this.#settle();
      else if (!record.deleted && !record.stopped) this.begin("Repairing");
    });
  }

  /** Nothing of the present deployment counts any more. Resolves when it has ended. */
  async #replace(): Promise<void> {
    const { record } = this;
    const present = this.#present;
    this.#pause();
    record.deployment += 1;
    this.#present = undefined;
    if (present === undefined) return;
    this.#former.add(present);
    await present.end(this.#grace());
    await present.discard();
    this.#former.delete(present);
  }

  #pause(): void {
    this.#timers.clear();
    this.#runs.leave();
  }

  #grace(): number {
    return this.#around.scenario.now.switches.azure.endSignal === "SIGTERM" ? grace : 0;
  }

  #entry() {
    const { id: group, uid, tags } = this.record;
    return { at: this.#around.clock.now(), group, uid, tags };
  }
}
