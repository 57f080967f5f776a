import type { Gate } from "./gate.ts";
import { ApiError, cutOf, type Operations, type Service, type ServiceAnswer, notSimulated } from "./service.ts";

export interface JsonServiceOptions {
  readonly name: string;
  /** What stands before the operation in X-Amz-Target: `AmazonEC2ContainerServiceV20141113`. */
  readonly target: string;
  readonly operations: Operations;
  readonly gate: Gate;
  /** Of the protocol; default 1.1. */
  readonly version?: "1.0" | "1.1";
}

/** A service of the protocols awsJson1.0 and 1.1: one POST, the operation in a header, members as JSON in and out. */
export function jsonService({ name, target, operations, gate, version = "1.1" }: JsonServiceOptions): Service {
  const contentType = { "content-type": `application/x-amz-json-${version}` };
  const refuse = (error: ApiError): ServiceAnswer => refusal(error, contentType);
  return {
    name,
    async answer({ headers, body, region }) {
      const [prefix, operation = ""] = (headers["x-amz-target"] ?? "").split(".");
      try {
        if (prefix !== target) throw new ApiError("UnknownOperationException", `X-Amz-Target is not of ${target}`);
        const work = operations[operation];
        if (work === undefined) throw notSimulated(`${name}:${operation}`);
        const answer = await gate.pass(name, operation, () => work(membersOf(body), region));
        return { status: 200, headers: contentType, body: JSON.stringify(answer ?? {}) };
      } catch (error) {
        const cut = cutOf(error);
        if (cut !== undefined) return cut;
        if (error instanceof ApiError) return refuse(error);
        throw error;
      }
    },
    refuse,
  };
}

function refusal(
  { type, status, message, members, headers }: ApiError,
  contentType: Readonly<Record<string, string>>,
): ServiceAnswer {
  return {
    status,
    headers: { ...contentType, ...headers },
    body: JSON.stringify({ __type: type, message, ...members }),
  };
}

function membersOf(body: string): unknown {
  try {
    return body === "" ? {} : (JSON.parse(body) as unknown);
  } catch {
    throw new ApiError("SerializationException", "the body is no JSON");
  }
}
