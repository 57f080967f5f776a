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
export class NoAnswerError extends Error {
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
 * One request over undici's dispatch interface: half the CPU of `request()`, which builds a stream per answer. The
 * deadline is our own because undici's starts only once a connection is free. Rejects when there was no full answer.
 */
export function exchange(
  dispatcher: Dispatcher,
  origin: string,
  request: HttpRequest,
  options: ExchangeOptions,
): Promise<HttpAnswer> {
  const { clock, signal } = options;
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let ended: Error | undefined;
    let status = 0;
    let headers: HttpAnswer["headers"] = {};
    const chunks: Buffer[] = [];
    let streaming = false;

    let cancelTimer = clock.after(options.patienceMs, () => give(silence(options.patienceMs)));
    const onAbort = (): void => give(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
    signal?.addEventListener("abort", onAbort, { once: true });

    let lastChunk = 0;
    const watchIdle = (idleMs: number): void => {
      const left = lastChunk + idleMs - clock.monotonic();
      if (left <= 0) give(silence(idleMs));
      else cancelTimer = clock.after(left, () => watchIdle(idleMs));
    };
    const silence = (ms: number): Error => new NoAnswerError(`${request.method} ${request.path}`, ms / 1000);
    const clean = (): void => {
      cancelTimer();
      signal?.removeEventListener("abort", onAbort);
    };
    const give = (error: Error): void => {
      ended ??= error;
      clean();
      controller?.abort(ended);
      reject(ended);
    };

    if (signal?.aborted === true) return onAbort();
    const { method, path, body = null } = request;
    const blank = { headersTimeout: 0, bodyTimeout: 0 };
    dispatcher.dispatch({ origin, method, path, headers: request.headers, body, ...blank }, {
      onRequestStart(started) {
        controller = started;
        if (ended !== undefined) started.abort(ended);
      },
      onResponseStart(_, statusCode, responseHeaders) {
        status = statusCode;
        headers = responseHeaders;
        streaming = options.onChunk !== undefined && status === 200;
        if (!streaming) return;
        cancelTimer();
        lastChunk = clock.monotonic();
        if (options.idleMs !== undefined) watchIdle(options.idleMs);
        options.onOpen?.();
      },
      onResponseData(_, chunk) {
        if (!streaming) return void chunks.push(chunk);
        lastChunk = clock.monotonic();
        try {
          options.onChunk?.(chunk);
        } catch (error) {
          give(error as Error);
        }
      },
      onResponseEnd() {
        clean();
        resolve({ status, headers, body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks) });
      },
      onResponseError(_, error) {
        give(error);
      },
    });
  });
}
