import type { TaskState } from "../../../src/model/task-state.ts";
import { backOff, crashesAfter, runsAgain } from "./decide.ts";
import type { Deployment } from "./deployment.ts";
import { takeContainer } from "./news.ts";
import { Probes } from "./probes.ts";
import { addEvent, type ContainerRecord, type GroupRecord, type Run } from "./record.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Timers } from "./timers.ts";

/** Seconds between SIGTERM and SIGKILL, where there is a SIGTERM: of Kubernetes, as nobody has asked Azure. */
export const grace = 30;

export interface RunsParts {
  readonly around: Surroundings;
  readonly timers: Timers;
  readonly deployment: () => Deployment | undefined;
}

/** The runs of a group's containers: each is told, asked how it is, and followed by another one as the policy says. */
export class Runs {
  readonly #record: GroupRecord;
  readonly #parts: RunsParts;
  readonly #around: Surroundings;
  readonly #probes: Probes;

  constructor(record: GroupRecord, parts: RunsParts) {
    this.#record = record;
    this.#parts = parts;
    this.#around = parts.around;
    const failed = (container: ContainerRecord): void => this.#failedProbe(container);
    this.#probes = new Probes(record, parts.around, { deployment: parts.deployment, failed });
  }

  /** The runtime's news of the present deployment. */
  news({ containers }: TaskState): void {
    const { clock, scenario } = this.#around;
    const settings = { now: clock.now(), oomWord: scenario.now.switches.azure.oomWord };
    for (const news of containers) {
      const container = this.#record.containers.find(({ name }) => name === news.name);
      const { ended } = container === undefined ? {} : takeContainer(container, news, settings);
      if (container !== undefined && ended !== undefined) this.#ended(container, ended);
    }
    this.#probes.look();
  }

  /** Nobody is asked any more. */
  leave(): void {
    this.#probes.leave();
  }

  /** Nothing is known of former runs. */
  forget(): void {
    for (const container of this.#record.containers) {
      Object.assign(container, { restartCount: 0, previous: undefined, current: undefined, crashes: 0 });
      container.events = [];
    }
  }

  /** All that runs has ended so, by the platform's doing. Under Never that was it; otherwise another run is to follow. */
  takeAway(exitCode: number, event: string | undefined, words: string): void {
    const now = this.#around.clock.now();
    const isNever = this.#record.input.properties.restartPolicy === "Never";
    for (const container of this.#record.containers) {
      if (container.current?.state !== "Running") continue;
      const run: Run = { ...container.current, state: "Terminated", exitCode, finishTime: now, detailStatus: "Error" };
      this.#tellEnd(container, run);
      if (event !== undefined) addEvent(container.events, now, event, words, "Warning");
      container.current = isNever ? run : { state: "Waiting", detailStatus: "" };
      if (isNever) continue;
      container.previous = run;
      container.restartCount += 1;
    }
    if (!isNever && this.#around.scenario.now.switches.azure.moved === "forgotten") this.forget();
  }

  #ended(container: ContainerRecord, run: Run): void {
    const { azure, switches } = this.#around.scenario.now;
    const { deleted, stopped, input } = this.#record;
    this.#tellEnd(container, run);
    if (deleted || stopped) return;
    if (!runsAgain(container, run, input.properties.restartPolicy, switches.azure.never)) return;
    container.crashes = crashesAfter(container, run);
    container.previous = run;
    container.current = { state: "Waiting", detailStatus: switches.azure.crashWord };
    if (container.crashes > 1) {
      const now = this.#around.clock.now();
      addEvent(container.events, now, "BackOff", "Back-off restarting failed container", "Warning");
    }
    const present = this.#parts.deployment();
    this.#parts.timers.set(`run ${container.name}`, backOff(azure.times.crash, container.crashes), () => {
      container.restartCount += 1;
      container.instance += 1;
      container.over = false;
      container.printed = [];
      container.current = { state: "Waiting", detailStatus: "" };
      void present?.run(container.name, container.instance);
    });
  }

  #tellEnd({ name, restartCount }: ContainerRecord, { exitCode }: Run): void {
    const { clock, ledger } = this.#around;
    const { id: group, uid, tags } = this.#record;
    const entry = { event: "container ended", container: name, restartCount, exitCode: exitCode ?? null } as const;
    ledger.write({ at: clock.now(), group, uid, tags, ...entry });
  }

  #failedProbe(container: ContainerRecord): void {
    const message = "Container failed liveness probe, will be restarted";
    addEvent(container.events, this.#around.clock.now(), "Killing", message);
    void this.#parts.deployment()?.kill(container.name, container.instance, grace);
  }
}
