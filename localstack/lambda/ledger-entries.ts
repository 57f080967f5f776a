/** What happened to invocations, as the ledger has it. Times are wall milliseconds of the stand-in's clock. */
export type LambdaEntry =
  | (Common & {
      /** A call of Invoke. */
      readonly event: "invoke";
      /**
       * `accepted` is the only one after which anything runs; `repeated`: the name of a durable execution that there was,
       * with the same payload; `conflict`: with another one.
       */
      readonly outcome: "accepted" | "repeated" | "conflict" | "throttled" | "refused";
      readonly type: string;
      readonly durableExecutionArn?: string | undefined;
      /** Of what was not accepted: the error. */
      readonly reason?: string | undefined;
    })
  | (Common & {
      /** The function has been given the event. */
      readonly event: "run";
      /** 1 for the first run of an accepted call; more: Lambda itself has repeated it. */
      readonly delivery: number;
      /** Its log stream: one for each environment. */
      readonly environment: string;
      readonly cold: boolean;
      readonly durableExecutionArn?: string | undefined;
    })
  | (Common & {
      readonly event: "finished";
      readonly outcome: "returned" | "error" | "exited" | "timeout" | "cut";
      readonly durableExecutionArn?: string | undefined;
    });

interface Common {
  readonly at: number;
  readonly function: string;
  readonly version: string;
  /** Lambda's own id. */
  readonly requestId: string;
  /** `burstlet.invocationId` of the payload, where it has one. */
  readonly invocationId: string | undefined;
}

/** By which burstlet calls an attempt; a payload of another kind has none. */
export function invocationIdOf(payload: string): string | undefined {
  // Most payloads that are none of burstlet's need not be parsed.
  if (!payload.includes('"burstlet"')) return undefined;
  try {
    const { burstlet } = JSON.parse(payload) as { burstlet?: { invocationId?: unknown } };
    return typeof burstlet?.invocationId === "string" ? burstlet.invocationId : undefined;
  } catch {
    return undefined;
  }
}
