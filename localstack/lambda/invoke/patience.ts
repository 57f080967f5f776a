import { ApiError } from "../../server/service.ts";
import type { LambdaGround } from "../account.ts";
import type { FoundFunction } from "../functions.ts";
import type { Admission } from "./admission.ts";
import type { Order, Ran } from "./environment.ts";
import type { Fleet } from "./fleet.ts";

/** Runs a function as soon as there is room, for as long as `goesOn` says. */
export type Patience = (found: FoundFunction, order: Order, goesOn: () => boolean) => Promise<Ran | undefined>;

/** First and longest pause after a throttle answer (documentation of asynchronous invocation: from 1 s to 5 minutes). */
const firstPause = 1_000;
const longestPause = 300_000;

/** `signal`: of the stand-in's own end; then what is returned rejects. */
export function createPatience(
  { clock }: LambdaGround,
  admission: Admission,
  fleet: Fleet,
  signal: AbortSignal,
): Patience {
  return async (found, order, goesOn) => {
    for (let pause = firstPause; goesOn(); pause = Math.min(2 * pause, longestPause)) {
      try {
        const leave = admission.enter(found);
        return await fleet.run(found.version, order).finally(leave);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        await clock.sleep(pause, signal);
      }
    }
    return undefined;
  };
}
