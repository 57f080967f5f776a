import type { Clock } from "../../model/clock.ts";
import type { Call } from "./calls.ts";
import type { HttpAnswer, HttpRequest } from "./http.ts";

/** One request, with its repetitions, as metrics see it. */
export interface RequestSeen {
  /** `undefined`: outside the table of calls. */
  readonly verb: Call["verb"] | undefined;
  readonly resource: string | undefined;
  readonly method: HttpRequest["method"];
  /** `undefined`: no answer. */
  readonly status: number | undefined;
  /** To the end of the answer; of a stream, to its head. */
  readonly seconds: number;
}

export type TellRequest = (request: RequestSeen) => void;

/** Begins to measure one request; call what it returns once, with the answer's status or without one. */
export type Measure = (call: Call | undefined, request: HttpRequest) => (status?: number) => void;

export function measuring(clock: Clock, seen: TellRequest | undefined): Measure {
  return (call, { method }) => {
    const begun = clock.monotonic();
    return (status) => {
      const seconds = (clock.monotonic() - begun) / 1000;
      seen?.({ verb: call?.verb, resource: call?.resource, method, status, seconds });
    };
  };
}

/** The same answer, told when it is there or will never be. */
export async function told(measured: (status?: number) => void, coming: Promise<HttpAnswer>): Promise<HttpAnswer> {
  let answer: HttpAnswer | undefined;
  try {
    answer = await coming;
    return answer;
  } finally {
    measured(answer?.status);
  }
}
