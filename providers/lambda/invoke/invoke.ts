import {
  asProviderError,
  type Clock,
  type Launch,
  type Limiter,
  type Log,
  ProviderError,
  type Terminated,
} from "../../../src/provider.ts";
import type { Lambda } from "../client.ts";
import { textOf } from "../request.ts";
import { type Answer, endOf } from "../outcome/ended.ts";
import { type Failure, failureOf } from "../outcome/failure.ts";
import { reportIn } from "../outcome/report-line.ts";
import { createGrace, type Grace } from "./grace.ts";
import type { Gate } from "./gate.ts";
import type { Invocations } from "./invocations.ts";
import { askTheLog, unknownCode, unknownReason } from "../outcome/unknown.ts";
import { mayStillRun, pictureOf, type Progress, type Subject, withReport } from "./picture.ts";

/** What the process keeps of an invocation beside its picture. */
export interface Held {
  /** Takes it back if it has not been sent; otherwise stops waiting for its answer after so many seconds. */
  stop(graceSeconds: number): void;
  /** The last 4 KB of its log, once it has ended. */
  readonly tail: string | undefined;
}

export interface InvokeOptions extends Pick<Launch<unknown>, "sends"> {
  readonly client: Pick<Lambda, "invoke">;
  readonly invocations: Invocations<Held>;
  readonly gate: Gate;
  /** Of the sends of one function. */
  readonly bucket: Limiter;
  readonly clock: Clock;
  /** 0 ≤ x < 1; spreads the sends that Lambda has throttled. */
  readonly random: () => number;
  readonly log: Log;
}

export interface Order extends Subject {
  /** Invocations of the function at once. */
  readonly concurrency: number;
}

/** A throttle answer comes at once, so what was sent longer ago runs. */
const SETTLED_MS = 250;
/** Beyond its own timeout no function runs; Lambda may take this long to start one and to answer. */
const LATE_MS = 60_000;
const FIRST_AGAIN_MS = 500;
const LONGEST_AGAIN_MS = 20_000;

/** As containerd has it for what could not be started. */
const startErrorCode = 128;

/** Sends one invocation, once, and tells of it. Throttled ones wait here and are sent again, because they have not run. */
export function invoke(order: Order, body: Uint8Array, options: InvokeOptions): void {
  new Attempt(order, body, options).start();
}

class Attempt implements Held {
  readonly #order: Order;
  readonly #options: InvokeOptions;
  readonly #dropped = new AbortController();
  /** Not kept beyond the end: it may be large, and have secrets. */
  #body: Uint8Array | undefined;
  #sentAt: number | undefined;
  readonly #grace: Grace;
  #isStopping = false;
  tail: string | undefined;

  constructor(order: Order, body: Uint8Array, options: InvokeOptions) {
    this.#order = order;
    this.#body = body;
    this.#options = options;
    const words = `the pod's grace is over and the connection was dropped: the invocation may run on to the function's timeout of ${order.info.timeout} seconds`;
    this.#grace = createGrace(options.clock, () => this.#dropped.abort(new Error(words)));
  }

  start(): void {
    this.#tell({ is: "waiting", reason: "ContainerCreating" });
    void this.#run();
  }

  stop(graceSeconds: number): void {
    if (this.#sentAt === undefined) return this.#dropped.abort(new Error("stopped before it was invoked"));
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#tell({ is: "running", startedAt: this.#sentAt, stopping: true });
    }
    this.#grace.shorten(graceSeconds);
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#dropped;
    try {
      for (let failures = 0; ; failures++) {
        const failure = await this.#inTurn();
        if (failure === undefined) return;
        const { reason, message, retryAfter = 0 } = failure;
        this.#tell({ is: "waiting", reason, message });
        const longest = Math.min(FIRST_AGAIN_MS * 2 ** failures, LONGEST_AGAIN_MS);
        await clock.sleep(Math.max(this.#options.random() * longest, retryAfter * 1_000), signal);
      }
    } catch (error) {
      const { message } = asProviderError(error);
      this.#tell({ is: "waiting", reason: "LambdaNotInvoked", message, over: true });
    } finally {
      this.#body = undefined;
    }
  }

  /** `undefined`: the invocation is over. Rejects where it was taken back before it was sent. */
  async #inTurn(): Promise<Extract<Failure, { is: "notRun" }> | undefined> {
    const { gate, clock } = this.#options;
    const { request, concurrency } = this.#order;
    const { signal } = this.#dropped;
    const untold = clock.after(SETTLED_MS, () => this.#tellWaiting());
    const leave = await gate.enter(request.function.name, concurrency, signal).finally(untold);
    try {
      return await this.#sent();
    } finally {
      leave();
      this.#grace.cancel();
    }
  }

  /** That nothing comes of it for a while is said only where it is so. */
  #tellWaiting(): void {
    const message = `${this.#order.concurrency} invocations of function ${textOf(this.#order.request.function)} run already`;
    this.#tell({ is: "waiting", reason: "LambdaThrottled", message });
  }

  async #sent(): Promise<Extract<Failure, { is: "notRun" }> | undefined> {
    const { bucket, clock, client, log } = this.#options;
    const { request, info } = this.#order;
    const { signal } = this.#dropped;
    const name = { ...request.function, ...(request.function.qualifier !== undefined && { qualifier: info.version }) };
    const timers: (() => void)[] = [];
    const send = async (): Promise<Answer> => {
      signal.throwIfAborted();
      await this.#options.sends?.(true);
      // It may have been taken back meanwhile.
      signal.throwIfAborted();
      const startedAt = clock.now();
      this.#sentAt = startedAt;
      timers.push(
        clock.after(SETTLED_MS, () => this.#isStopping || this.#tell({ is: "running", startedAt })),
        clock.after(info.timeout * 1_000 + LATE_MS, () => this.#dropped.abort(new Error("no answer came in time"))),
      );
      try {
        return await client.invoke(name, this.#body ?? new Uint8Array(), signal);
      } catch (error) {
        // The bucket slows down by it; nothing else is changed.
        throw slowing(error);
      }
    };
    try {
      this.#finish(await bucket.run(send, signal));
      return undefined;
    } catch (error) {
      if (this.#sentAt === undefined) return this.#unsent(error);
      const failure: Failure = signal.aborted
        ? { is: "unknown", message: (signal.reason as Error).message }
        : failureOf(error);
      if (failure.is === "notRun") {
        this.#sentAt = undefined;
        await this.#options.sends?.(false).catch(() => undefined);
        // It was to be stopped: then it is not sent again.
        if (this.#isStopping) throw error;
        return failure;
      }
      log.warn("invocation has failed", { pod: request.pod.name, function: textOf(name), failure });
      const final = failure.is === "unknown" ? { final: true as const } : {};
      const warning = signal.aborted && this.#isStopping ? { warning: mayStillRun(failure.message) } : {};
      this.#tell({ is: "ended", end: this.#endOf(failure), ...final, ...warning });
      return undefined;
    } finally {
      for (const cancel of timers) cancel();
    }
  }

  /** That it is about to be sent could not be recorded: it waits. Rejects where it was taken back, or its pod is gone. */
  #unsent(error: unknown): Extract<Failure, { is: "notRun" }> {
    const { kind, reason, message } = asProviderError(error);
    if (this.#dropped.signal.aborted || kind === "refused") throw error;
    return { is: "notRun", reason, message };
  }

  #endOf(failure: Exclude<Failure, { is: "notRun" }>): Terminated {
    const times = { startedAt: this.#sentAt, finishedAt: this.#options.clock.now() };
    const { message } = failure;
    if (failure.is === "impossible")
      return { is: "terminated", exitCode: startErrorCode, reason: failure.reason, message, ...times };
    const doubt = `nobody knows whether the function has run to its end, so it is not invoked again: ${message}; ${askTheLog}`;
    return { is: "terminated", exitCode: unknownCode, reason: unknownReason, message: doubt, ...times };
  }

  #finish(answer: Answer): void {
    const { exitCode, signal, reason, message } = endOf(answer);
    this.tail = answer.tail;
    this.#tell({
      is: "ended",
      requestId: answer.requestId,
      end: {
        is: "terminated",
        exitCode,
        ...(signal !== undefined && { signal }),
        reason,
        message: withReport(message, reportIn(answer.tail), this.#order.prices),
        startedAt: this.#sentAt,
        finishedAt: this.#options.clock.now(),
      },
    });
  }

  #tell(progress: Progress): void {
    this.#options.invocations.put(pictureOf(this.#order, progress), this);
  }
}

/** As the bucket knows a throttle answer, with what the SDK has thrown as its cause; any other error as it is. */
function slowing(error: unknown): unknown {
  const failure = failureOf(error);
  if (failure.is !== "notRun" || failure.reason !== "LambdaThrottled" || error instanceof ProviderError) return error;
  const { message, retryAfter } = failure;
  return new ProviderError("throttled", failure.reason, message, {
    cause: error,
    ...(retryAfter !== undefined && { retryAfter }),
  });
}
