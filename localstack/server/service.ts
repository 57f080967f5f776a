/** What a stand-in's service is to the server: a name, and an answer to each request that is signed for that name. */

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
  /** Break the connection instead of answering: the caller does not learn what happened. */
  readonly cut?: boolean | undefined;
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

/** An error as AWS names it: `type` is `__type` in JSON and `Code` in XML; `members` are further members of it. */
export class ApiError extends Error {
  readonly type: string;
  readonly status: number;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(type: string, message: string, status = 400, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "ApiError";
    this.type = type;
    this.status = status;
    this.members = members;
  }
}

/** Thrown to break the connection. */
export class CutConnection extends Error {}

/** What AWS can do and the stand-in cannot: said loudly, because a silent success would prove nothing. */
export function notSimulated(what: string): ApiError {
  return new ApiError("NotSimulatedException", `the stand-in does not simulate ${what}`, 501);
}
