/**
 * What a stand-in's service is to the server: a name, and an answer to each request that is signed for that name, or whose
 * path is the service's.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

export interface ServiceRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** From the signature's credential scope. */
  readonly region: string;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The caller does not learn what happened: the connection breaks, or stays as it is and nothing ever comes. */
  readonly cut?: "broken" | "silent" | undefined;
}

/** Of a service that is found by its path: no signature tells a region. */
export type PathRequest = Omit<ServiceRequest, "region">;

/** A service that is found by its path, and whose callers show a token instead of a signature. */
export interface PathService {
  readonly name: string;
  /** Begins of the paths that are its own: `/subscriptions/`. */
  readonly prefixes: readonly string[];
  /** Header of its answers that names the request. */
  readonly requestIdHeader: string;
  answer(request: PathRequest): Promise<ServiceAnswer>;
  /** Takes over a connection that asks for another protocol; without it such a connection is closed. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

export interface Service {
  /** Name in the credential scope of a signature: `ecs`, `logs`. */
  readonly name: string;
  answer(request: ServiceRequest): Promise<ServiceAnswer>;
  /** An error in the service's own format. */
  refuse(error: ApiError): ServiceAnswer;
}

/** The operations of a service by name; each takes the members of its request and returns those of its answer. */
export type Operations = Readonly<Record<string, (input: unknown, region: string) => unknown>>;

/**
 * An error as its cloud names it: `type` is `__type` in AWS's JSON, `Code` in its XML and `code` in Azure's; `members` are
 * further members of it.
 */
export class ApiError extends Error {
  readonly type: string;
  readonly status: number;
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    type: string,
    message: string,
    status = 400,
    {
      members = {},
      headers = {},
    }: {
      readonly members?: Readonly<Record<string, unknown>>;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.name = "ApiError";
    this.type = type;
    this.status = status;
    this.members = members;
    this.headers = headers;
  }
}

/** Thrown to break the connection, or to leave the caller waiting for ever. */
export class CutConnection extends Error {
  readonly cut: "broken" | "silent";

  constructor(cut: "broken" | "silent" = "broken") {
    super(`the connection is ${cut}`);
    this.cut = cut;
  }
}

/** What a service answers where this was thrown; `undefined`: it was something else. */
export function cutOf(error: unknown): ServiceAnswer | undefined {
  return error instanceof CutConnection ? { status: 0, headers: {}, body: "", cut: error.cut } : undefined;
}

/** What AWS can do and the stand-in cannot: said loudly, because a silent success would prove nothing. */
export function notSimulated(what: string): ApiError {
  return new ApiError("NotSimulatedException", `the stand-in does not simulate ${what}`, 501);
}
