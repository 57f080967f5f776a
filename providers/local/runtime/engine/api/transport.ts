/** HTTP to the engine over its unix socket or TCP. */
import type { Readable } from "node:stream";
import { Pool } from "undici";
import type { Endpoint } from "./endpoint.ts";
import { answerError, connectionError, EngineError, engineWords } from "./errors.ts";
import { createHijack, type Hijack } from "./hijack.ts";
import { jsonLines } from "./json-lines.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface Call {
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: object;
  readonly tar?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** All reject with an EngineError, or with the signal's reason. */
export interface Transport {
  bytes(method: Method, path: string, call?: Call): Promise<Buffer>;
  json<T>(method: Method, path: string, call?: Call): Promise<T>;
  /** As it comes, with no limit of time. */
  chunks(method: Method, path: string, call?: Call): AsyncIterable<Buffer>;
  lines(method: Method, path: string, call?: Call): AsyncIterable<unknown>;
  /** POST that turns into a raw stream. */
  readonly hijack: Hijack;
  close(): Promise<void>;
}

/** What is not a stream answers within this: creating and starting on a slow disk are the slowest (ms). */
const answerTimeout = 120_000;

export function createTransport(endpoint: Endpoint): Transport {
  const { origin, socketPath, shown, tls } = endpoint;
  const connect = tls ?? (socketPath === undefined ? {} : { socketPath });
  const pool = new Pool(origin, { connect });

  async function open(method: Method, path: string, call: Call, timeout: number): Promise<Readable> {
    const query = new URLSearchParams(call.query).toString();
    const answer = await pool.request({
      method,
      path: query === "" ? path : `${path}?${query}`,
      headers: { ...contentType(call), ...call.headers },
      body: call.tar ?? (call.json === undefined ? null : JSON.stringify(call.json)),
      signal: call.signal ?? null,
      headersTimeout: timeout,
      bodyTimeout: timeout,
    });
    // 304: it is in the wanted state already.
    if (answer.statusCode < 300 || answer.statusCode === 304) return answer.body;
    throw answerError(
      answer.statusCode,
      engineWords(await answer.body.text()),
      retryAfter(answer.headers["retry-after"]),
    );
  }

  function told(error: unknown, method: Method, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    return error instanceof EngineError ? error : connectionError(error, shown, method === "GET");
  }

  async function* chunks(method: Method, path: string, call: Call = {}, timeout = 0): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of await open(method, path, call, timeout)) yield chunk as Buffer;
    } catch (error) {
      throw told(error, method, call.signal);
    }
  }

  async function bytes(method: Method, path: string, call: Call = {}): Promise<Buffer> {
    const all: Buffer[] = [];
    for await (const chunk of chunks(method, path, call, answerTimeout)) all.push(chunk);
    return Buffer.concat(all);
  }

  return {
    bytes,
    json: async <T>(method: Method, path: string, call?: Call) =>
      JSON.parse((await bytes(method, path, call)).toString()) as T,
    chunks: (method, path, call) => chunks(method, path, call),
    async *lines(method, path, call) {
      const read = jsonLines();
      for await (const chunk of chunks(method, path, call)) yield* read(chunk);
      yield* read(Buffer.from("\n"));
    },
    hijack: createHijack(endpoint),
    close: () => pool.destroy(),
  };
}

function contentType(call: Call): Record<string, string> {
  if (call.tar !== undefined) return { "Content-Type": "application/x-tar" };
  return call.json === undefined ? {} : { "Content-Type": "application/json" };
}

function retryAfter(header: string | string[] | undefined): number | undefined {
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}
