import type { Gate } from "./gate.ts";
import { membersOf, patternOf } from "./path-pattern.ts";
import { ApiError, cutOf, notSimulated, type Service, type ServiceAnswer } from "./service.ts";

export interface RestRequest {
  /** What stands for the names in the route's path, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface RestAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** As it is, or JSON. */
  readonly body?: string | object;
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** `/2015-03-31/functions/{FunctionName}/invocations`. */
  readonly path: string;
  readonly operation: string;
  answer(request: RestRequest): RestAnswer | Promise<RestAnswer>;
}

export interface RestServiceOptions {
  readonly name: string;
  readonly routes: readonly Route[];
  readonly gate: Gate;
  /** An error as this service writes it. */
  refusal(error: ApiError): ServiceAnswer;
}

const contentType = { "content-type": "application/json" } as const;

/** A service of the protocol restJson1: the operation is in method and path, members in path, query, headers and body. */
export function restService({ name, routes, gate, refusal }: RestServiceOptions): Service {
  const known = routes.map((route) => ({ ...route, pattern: patternOf(route.path) }));
  return {
    name,
    async answer({ method, url, headers, body }) {
      try {
        const route = known.find((one) => one.method === method && one.pattern.test(url.pathname));
        if (route === undefined) throw notSimulated(`${name}: ${method} ${url.pathname}`);
        const path = membersOf(route.pattern, url.pathname);
        const request = { path, query: url.searchParams, headers, body };
        const answer = await gate.pass(name, route.operation, () => route.answer(request));
        return written(answer);
      } catch (error) {
        const cut = cutOf(error);
        if (cut !== undefined) return cut;
        if (error instanceof ApiError) return refusal(error);
        throw error;
      }
    },
    refuse: refusal,
  };
}

function written({ status = 200, headers = {}, body = "" }: RestAnswer): ServiceAnswer {
  return {
    status,
    headers: { ...contentType, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}
