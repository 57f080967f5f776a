import type { Health, TaskRecord } from "./record.ts";
import { executeCheck, watchHealth } from "./health.ts";
import { pumpLogs } from "./log-pump.ts";
import { streamOf } from "./start-trouble.ts";
import type { Surroundings } from "./surroundings.ts";

/** What attendants tell. */
export interface AttendantNews {
  health(container: string, health: Health): void;
  /** The startTimeout of a container is over. */
  late(container: string): void;
}

/** Seconds that may pass until a container is what others wait for, where its definition says nothing: a switch. */
const standardTimeout = { none: undefined, "120 s": 120 } as const;

/**
 * Who goes along with each container that runs: one takes its output to CloudWatch Logs, one asks how it is, one looks
 * at the time.
 */
export class Attendants {
  readonly #record: TaskRecord;
  readonly #around: Surroundings;
  readonly #news: AttendantNews;
  readonly #over = new AbortController();
  readonly #pumps = new Map<string, Promise<void>>();
  readonly #checks = new Map<string, () => void>();
  readonly #alarms = new Map<string, () => void>();

  constructor(record: TaskRecord, around: Surroundings, news: AttendantNews) {
    this.#record = record;
    this.#around = around;
    this.#news = news;
  }

  /** Joins every container that has begun to run, and leaves those that have ended. */
  look(): void {
    for (const { name, startedAt, lastStatus } of this.#record.containers) {
      if (startedAt !== undefined && !this.#pumps.has(name)) this.#pumps.set(name, this.#pump(name));
      if (lastStatus === "RUNNING" && !this.#checks.has(name)) this.#checks.set(name, this.#check(name));
      if (lastStatus === "RUNNING" && !this.#alarms.has(name)) this.#alarms.set(name, this.#alarm(name));
      if (lastStatus === "STOPPED") this.#checks.get(name)?.();
    }
  }

  /** Resolves when the last line has been taken. */
  async finish(): Promise<void> {
    this.#leave();
    await Promise.all(this.#pumps.values());
  }

  close(): void {
    this.#leave();
    this.#over.abort();
  }

  #leave(): void {
    for (const end of [...this.#checks.values(), ...this.#alarms.values()]) end();
  }

  async #pump(name: string): Promise<void> {
    const { runtime, clock, logs } = this.#around;
    const stream = streamOf(this.#record, name);
    if (stream === undefined) return;
    const write = logs.writer(stream.group, stream.name);
    const pump = { runtime, clock, taskId: this.#record.id, container: name, write };
    // A run whose output the runtime has lost, or that is no more: what has been taken is all there is.
    await pumpLogs(pump, this.#over.signal).catch(() => undefined);
  }

  #alarm(name: string): () => void {
    const { clock, scenario } = this.#around;
    const definition = this.#record.containers.find((one) => one.name === name)?.definition;
    const seconds = definition?.startTimeout ?? standardTimeout[scenario.now.switches.startTimeout];
    return seconds === undefined ? () => {} : clock.after(seconds * 1000, () => this.#news.late(name));
  }

  #check(name: string): () => void {
    const { runtime, clock, scenario } = this.#around;
    const definition = this.#record.containers.find((one) => one.name === name)?.definition;
    const settings = definition?.healthCheck;
    if (definition === undefined || settings === undefined || settings.command[0] === "NONE") return () => {};
    const check = (): Promise<boolean> =>
      runtime.exec === undefined
        ? Promise.resolve(scenario.now.images[definition.image]?.health !== "UNHEALTHY")
        : executeCheck({ runtime, clock }, this.#record.id, name, settings);
    return watchHealth({ clock, settings, check, tell: (health) => this.#news.health(name, health) });
  }
}
