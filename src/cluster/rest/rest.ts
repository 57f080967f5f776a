import type { V1Status } from "@kubernetes/client-node";
import { parseTime, type Clock } from "../../model/clock.ts";
import type { Wire } from "../../model/kube.ts";
import type { Log } from "../../provider.ts";
import { ApiError } from "../cluster.ts";
import { pathOf, type Call, type Target } from "./calls.ts";
import type { Health } from "./health.ts";
import { measuring, told, type TellRequest } from "./measure.ts";
import { exchange, type HttpAnswer, type HttpRequest } from "./http.ts";
import type { Link, Transport } from "./transport.ts";

export interface RestRequest extends Target {
  /** Appended as it is: already encoded. */
  readonly query?: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer<T> {
  readonly object: T;
  /** Length of the JSON text. */
  readonly bytes: number;
  /** The API server's clock, milliseconds since 1970, whole seconds; `undefined` when it did not tell. */
  readonly date: number | undefined;
}

export interface Rest {
  /** Rejects with ApiError (an answer) or with the connection's error (no answer: a write may have happened). */
  send<T>(call: Call, request: RestRequest): Promise<T>;
  sendForAnswer<T>(call: Call, request: RestRequest): Promise<Answer<T>>;
  /** Requests that wait for a connection or an answer now, streams not counted. */
  underWay(): number;
  /** A GET outside the table of calls, for paths every authenticated user may read. */
  getPath<T>(path: string): Promise<T>;
  /** Resolves when the server ended the stream; rejects when it was cut, silent for `idleMs`, or aborted. */
  stream(call: Call, request: RestRequest, how: StreamOptions): Promise<void>;
}

export interface StreamOptions {
  readonly onChunk: (chunk: Buffer) => void;
  readonly idleMs: number;
  readonly signal: AbortSignal;
}

export interface RestOptions {
  readonly transport: Transport;
  readonly health: Health;
  readonly clock: Clock;
  readonly log: Log;
  /** For a whole request, waiting for a connection included. */
  readonly patienceMs: number;
  readonly seen?: TellRequest | undefined;
}

const methods = {
  get: "GET",
  list: "GET",
  watch: "GET",
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  delete: "DELETE",
} as const satisfies Record<Call["verb"], HttpRequest["method"]>;

/** A kept-alive connection may die under a request; reading again costs nothing. Writes are for their callers to judge. */
const readTries = 3;
const lostConnection = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);

export function createRest(options: RestOptions): Rest {
  const { health, clock, log, patienceMs } = options;
  const { withLink, ask, underWay } = createAsk(options);
  const measure = measuring(clock, options.seen);

  function judge(call: Call | undefined, answer: HttpAnswer, path: string): HttpAnswer {
    log.debug("API call", { verb: call?.verb ?? "get", path: path.split("?", 1)[0], status: answer.status });
    const error = answer.status < 300 ? undefined : toApiError(answer);
    health.answered(call, answer.status, error);
    if (error !== undefined) throw error;
    return answer;
  }

  async function asked(call: Call | undefined, wanted: HttpRequest, signal?: AbortSignal): Promise<HttpAnswer> {
    const answer = await told(measure(call, wanted), ask(wanted, signal));
    return judge(call, answer, wanted.path);
  }

  async function sendForAnswer<T>(call: Call, request: RestRequest): Promise<Answer<T>> {
    const answer = await asked(call, httpRequest(call, request), request.signal);
    const date = parseTime(String(answer.headers["date"]));
    return { object: parse<T>(answer), bytes: answer.body.length, date };
  }

  async function stream(call: Call, request: RestRequest, { onChunk, idleMs, signal }: StreamOptions): Promise<void> {
    let opened = false;
    const wanted = httpRequest(call, request);
    const measured = measure(call, wanted);
    const onOpen = (): void => {
      opened = true;
      measured(200);
      health.answered(call, 200);
      log.debug("API call", { verb: call.verb, path: wanted.path.split("?", 1)[0], status: 200 });
    };
    const how = { clock, patienceMs, idleMs, signal, onChunk, onOpen };
    try {
      const answer = await withLink((link) => exchange(link.long, link.origin, addressed(link, wanted), how));
      if (opened) return;
      measured(answer.status);
      judge(call, answer, wanted.path);
    } catch (error) {
      // The end of a stream that had begun tells nothing about the next one.
      if (!opened && !signal.aborted && !(error instanceof ApiError)) {
        measured();
        health.silent(error);
      }
      throw error;
    }
  }

  return {
    sendForAnswer,
    stream,
    underWay,
    send: async <T>(call: Call, request: RestRequest) => {
      return parse<T>(await asked(call, httpRequest(call, request), request.signal));
    },
    getPath: async <T>(path: string) => {
      return parse<T>(await asked(undefined, { method: "GET", path, headers: {} }));
    },
  };
}

/** From a request to its answer, whatever that says: with fresh credentials, and once more where that costs nothing. */
function createAsk({ transport, health, clock, patienceMs }: Omit<RestOptions, "log">) {
  let underWay = 0;

  async function withLink(run: (link: Link) => Promise<HttpAnswer>): Promise<HttpAnswer> {
    const answer = await run(await transport.link());
    // Nothing was done under a 401, so any request may be sent again with fresh credentials.
    return answer.status === 401 && transport.refused() ? run(await transport.link()) : answer;
  }

  async function ask(request: HttpRequest, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    underWay += 1;
    try {
      return await askAgain(request, signal);
    } finally {
      underWay -= 1;
    }
  }

  async function askAgain(request: HttpRequest, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    for (let tries = 1; ; tries += 1) {
      try {
        const how = { clock, patienceMs, signal };
        return await withLink((link) => exchange(link.short, link.origin, addressed(link, request), how));
      } catch (error) {
        if (signal?.aborted === true) throw error;
        const { code } = error as NodeJS.ErrnoException;
        if (request.method === "GET" && tries < readTries && lostConnection.has(code ?? "")) continue;
        health.silent(error);
        throw error;
      }
    }
  }

  return { withLink, ask, underWay: () => underWay };
}

function parse<T>(answer: HttpAnswer): T {
  return JSON.parse(answer.body.toString()) as T;
}

function addressed(link: Link, request: HttpRequest): HttpRequest {
  return { ...request, path: link.basePath + request.path, headers: { ...link.headers, ...request.headers } };
}

function httpRequest(call: Call, request: RestRequest): HttpRequest {
  const query = [request.query, writesObject(call) ? "fieldManager=burstlet" : undefined].filter(Boolean).join("&");
  const path = pathOf(call, request) + (query === "" ? "" : `?${query}`);
  const method = methods[call.verb];
  if (request.body === undefined) return { method, path, headers: {} };
  const type = call.verb === "patch" ? "application/strategic-merge-patch+json" : "application/json";
  return { method, path, headers: { "content-type": type }, body: JSON.stringify(request.body) };
}

function writesObject(call: Call): boolean {
  return call.verb === "create" || call.verb === "update" || call.verb === "patch";
}

function toApiError(answer: HttpAnswer): ApiError {
  const text = answer.body.toString();
  const header = Number(answer.headers["retry-after"]);
  const retryAfter = Number.isFinite(header) && header >= 0 ? header : undefined;
  const status = parseStatus(text);
  const message = status?.message ?? `The API server answered ${answer.status}: ${text.slice(0, 500)}`;
  return new ApiError(answer.status, status?.reason ?? "Unknown", message, retryAfter, status?.fields);
}

function parseStatus(text: string): { reason?: string; message?: string; fields: string[] } | undefined {
  try {
    const body = JSON.parse(text) as Wire<V1Status> | null;
    if (body?.kind !== "Status") return undefined;
    const causes = body.details?.causes ?? [];
    const fields = causes.flatMap((cause) => (cause.field === undefined ? [] : [cause.field]));
    return { ...body, fields };
  } catch {
    return undefined;
  }
}
