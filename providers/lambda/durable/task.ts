import { asProviderError, type Clock, type Log, ProviderError, type TaskIdentity } from "../../../src/provider.ts";
import { createGrace, type Grace } from "../invoke/grace.ts";
import type { Invocations } from "../invoke/invocations.ts";
import type { Held } from "../invoke/invoke.ts";
import { mayStillRun, type Progress, type Shown, taskOf } from "../invoke/picture.ts";
import type { DurableApi, Execution } from "./api.ts";
import { endOfExecution } from "./ended.ts";

export interface TaskOptions {
  readonly api: Pick<DurableApi, "named" | "stop">;
  readonly invocations: Invocations<Held>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What an execution was started for. */
export interface Started extends Omit<Shown, "id"> {
  /** As the pod has named it, and its version: by them executions are listed. */
  readonly function: { readonly name: string; readonly qualifier: string };
  readonly executionName: string;
  /** Shown while the execution has no ARN. */
  readonly provisionalId: string;
}

/** One durable execution, as it is known and told. */
export class DurableTask implements Held {
  readonly started: Started;
  readonly tail = undefined;
  readonly #options: TaskOptions;
  #arn: string | undefined;
  #seen: Execution | undefined;
  #isStopping = false;
  #grace: Grace;
  #warned = false;
  #last = "";
  /** Monotonic milliseconds at which this process has begun to know it. */
  readonly knownSince: number;

  /** `known`: its ARN, or what Lambda tells of it. */
  constructor(started: Started, known: string | Execution | undefined, options: TaskOptions) {
    this.started = started;
    this.#options = options;
    this.knownSince = options.clock.monotonic();
    this.#grace = this.#newGrace();
    if (typeof known === "object") this.see(known);
    else {
      this.#arn = known;
      this.#show();
    }
  }

  get identity(): TaskIdentity {
    return this.started.identity;
  }

  get arn(): string | undefined {
    return this.#arn;
  }

  /** Has Lambda ever told of it? */
  get wasSeen(): boolean {
    return this.#seen !== undefined;
  }

  get hasEnded(): boolean {
    return this.#seen !== undefined && endOfExecution(this.#seen) !== undefined;
  }

  see(execution: Execution): void {
    if (this.hasEnded) return;
    this.#arn = execution.arn;
    this.#seen = execution;
    if (this.hasEnded) this.#grace.cancel();
    this.#show();
  }

  stop(graceSeconds: number): void {
    if (this.hasEnded) return;
    this.#isStopping = true;
    this.#show();
    this.#grace.shorten(graceSeconds);
  }

  #newGrace(): Grace {
    return createGrace(this.#options.clock, () => void this.#end());
  }

  async #end(): Promise<void> {
    const { api, log } = this.#options;
    const { function: named, executionName } = this.started;
    try {
      this.#arn ??= (await api.named(named, executionName))?.arn;
      if (this.#arn !== undefined) await api.stop(this.#arn, "the pod was stopped");
      this.#warned = true;
      this.#show();
    } catch (error) {
      const { kind, reason, message } = asProviderError(error);
      if (kind !== "notFound") log.warn("a durable execution could not be stopped", { executionName, reason, message });
    } finally {
      // The core asks again until it has ended.
      this.#grace = this.#newGrace();
    }
  }

  #show(): void {
    const end = this.#seen === undefined ? undefined : endOfExecution(this.#seen);
    const warning = this.#warned ? { warning: mayStillRun(stopped) } : {};
    if (end !== undefined) return this.#tell({ is: "ended", end, ...warning });
    const stopping = this.#isStopping ? { stopping: true as const } : {};
    if (this.#seen === undefined) return this.#tell({ is: "waiting", reason: "ContainerCreating" });
    this.#tell({ is: "running", startedAt: this.#seen.startedAt, ...stopping, ...warning });
  }

  #tell(progress: Progress): void {
    const { provisionalId } = this.started;
    const state = taskOf({ ...this.started, id: this.#arn ?? provisionalId }, progress);
    // Each news costs a look at the pod; most looks at the cloud bring none.
    const text = JSON.stringify(state);
    if (text === this.#last) return;
    this.#last = text;
    this.#options.invocations.put(state, this);
  }
}

const stopped =
  "Lambda was asked to stop the execution and will not continue it; whether a step that runs is cut off is not documented, so it may run to the function's timeout";

/** What Lambda no longer tells of. */
export function isUnknown(error: unknown): boolean {
  return error instanceof ProviderError && error.kind === "notFound";
}
