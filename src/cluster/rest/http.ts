import type { Dispatcher } from "undici";
import type { Clock } from "../../model/clock.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Nobody answered in time. Whether a write happened is unknown. */
class NoAnswerError extends Error {
  constructor(what: string, seconds: number) {
    super(`The API server was silent for ${seconds} s (${what}).`);
    this.name = "NoAnswerError";
  }
}

export interface ExchangeOptions {
  readonly clock: Clock;
  /** Until the end of the answer; for a stream until its head, and then between two chunks. */
  readonly patienceMs: number;
  readonly idleMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Takes the chunks of a 200 as they come; `body` is empty then. Throwing ends the stream with that error. */
  readonly onChunk?: ((chunk: Buffer) => void) | undefined;
  readonly onOpen?: (() => void) | undefined;
}

/**
 * One request over undici's dispatch interface, which costs less CPU than its `request()` with a stream per answer. The
 * deadline is our own because undici's starts only once a connection is free. Rejects when there was no full answer.
 */
export function exchange(
  dispatcher: Dispatcher,
  origin: string,
  request: HttpRequest,
  options: ExchangeOptions,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const { method, path, headers, body = null } = request;
    const handler = new Exchange(`${method} ${path}`, options, resolve, reject);
    if (options.signal?.aborted === true) return handler.abort();
    dispatcher.dispatch({ origin, method, path, headers, body, headersTimeout: 0, bodyTimeout: 0 }, handler);
  });
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #what: string;
  readonly #options: ExchangeOptions;
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (error: Error) => void;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #failure: Error | undefined;
  #status = 0;
  #headers: HttpAnswer["headers"] = {};
  #streaming = false;
  #lastChunk = 0;
  #cancelTimer: () => void;

  constructor(
    what: string,
    options: ExchangeOptions,
    resolve: (answer: HttpAnswer) => void,
    reject: (error: Error) => void,
  ) {
    this.#what = what;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#cancelTimer = options.clock.after(options.patienceMs, () => this.#silence(options.patienceMs));
    options.signal?.addEventListener("abort", this.abort, { once: true });
  }

  readonly abort = (): void => {
    const reason: unknown = this.#options.signal?.reason;
    this.#fail(reason instanceof Error ? reason : new Error("aborted", { cause: reason }));
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Given up while it waited for a connection.
    if (this.#failure !== undefined) controller.abort(this.#failure);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: HttpAnswer["headers"]): void {
    this.#status = status;
    this.#headers = headers;
    this.#streaming = this.#options.onChunk !== undefined && status === 200;
    if (!this.#streaming) return;
    this.#cancelTimer();
    this.#lastChunk = this.#options.clock.monotonic();
    if (this.#options.idleMs !== undefined) this.#watchIdle(this.#options.idleMs);
    this.#options.onOpen?.();
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#streaming) {
      this.#chunks.push(chunk);
      return;
    }
    this.#lastChunk = this.#options.clock.monotonic();
    try {
      this.#options.onChunk?.(chunk);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  onResponseEnd(): void {
    this.#release();
    const [first, ...more] = this.#chunks;
    const body = first !== undefined && more.length === 0 ? first : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  /** Looks at the time of the last chunk instead of setting a timer anew for each one. */
  #watchIdle(idleMs: number): void {
    const left = this.#lastChunk + idleMs - this.#options.clock.monotonic();
    if (left <= 0) this.#silence(idleMs);
    else this.#cancelTimer = this.#options.clock.after(left, () => this.#watchIdle(idleMs));
  }

  #silence(ms: number): void {
    this.#fail(new NoAnswerError(this.#what, ms / 1000));
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#release();
    this.#controller?.abort(error);
    this.#reject(error);
  }

  #release(): void {
    this.#cancelTimer();
    this.#options.signal?.removeEventListener("abort", this.abort);
  }
}
