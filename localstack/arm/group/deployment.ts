import type { TaskState } from "../../../src/model/task-state.ts";
import type { Runtime, TaskSpec } from "../../../providers/local/runtime/runtime.ts";
import type { PacedClock } from "../../clock.ts";

export interface DeploymentParts {
  readonly runtime: Runtime;
  readonly clock: PacedClock;
}

/** One run of a whole group in the runtime: what is asked of the runtime, and when that has come true. */
export class Deployment {
  readonly spec: TaskSpec;
  readonly #parts: DeploymentParts;
  readonly #closed = new AbortController();
  readonly #stopped = Promise.withResolvers<void>();
  #started: Promise<TaskState> | undefined;

  constructor(spec: TaskSpec, parts: DeploymentParts) {
    this.spec = spec;
    this.#parts = parts;
  }

  get task() {
    return { identity: this.spec.identity };
  }

  /** Later, because a runtime may tell of a task while it is asked to start it. */
  start(): Promise<TaskState> {
    this.#started = Promise.resolve().then(() => this.#parts.runtime.start(this.spec));
    return this.#started;
  }

  news({ phase }: TaskState): void {
    if (phase === "stopped") this.#stopped.resolve();
  }

  gone(): void {
    this.#stopped.resolve();
  }

  run(container: string, instance: number): Promise<void> {
    return this.#insist(() => this.#parts.runtime.restart(this.task, container, instance));
  }

  kill(container: string, instance: number, grace: number): Promise<void> {
    const run = { task: this.task, container, instance };
    return this.#insist(() => this.#parts.runtime.kill(run, this.#paced(grace)));
  }

  /** Resolves when nothing of it runs any more; its output is kept. `grace`: seconds after SIGTERM, 0: none. */
  async end(grace: number): Promise<void> {
    await this.#started?.catch(() => undefined);
    if (this.#started === undefined) return;
    const how = { graceSeconds: this.#paced(grace), discard: false };
    await this.#insist(async () => {
      const outcome = await this.#parts.runtime.stop(this.task, how);
      if (outcome !== "stopping") this.#stopped.resolve();
    });
    if (!this.#closed.signal.aborted) await this.#stopped.promise;
  }

  /** What has ended is forgotten. */
  discard(): Promise<void> {
    const how = { graceSeconds: 0, discard: true };
    return this.#insist(async () => void (await this.#parts.runtime.stop(this.task, how)));
  }

  /** Ends it at once, and waits for nothing. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#stopped.resolve();
    if (this.#started === undefined) return;
    await this.#started.catch(() => undefined);
    await this.#parts.runtime.stop(this.task, { graceSeconds: 0, discard: true }).catch(() => undefined);
  }

  /** A runtime that is away for a moment is asked again, until all is over. */
  async #insist(ask: () => Promise<void>): Promise<void> {
    while (!this.#closed.signal.aborted) {
      try {
        return await ask();
      } catch {
        await this.#parts.clock.sleep(1000, this.#closed.signal).catch(() => undefined);
      }
    }
  }

  /** Processes do not run faster because the stand-in's clock does. */
  #paced(seconds: number): number {
    const { runtime, clock } = this.#parts;
    return runtime.kind === "scripted" ? seconds : seconds / clock.rate;
  }
}
