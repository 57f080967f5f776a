import { type LambdaGround, newRequestId } from "../account.ts";
import type { FoundFunction } from "../functions.ts";
import type { Order } from "./environment.ts";
import type { Patience } from "./patience.ts";

/** Invocations of type Event: accepted at once, run when there is room, and again where they fail. */
export interface Events {
  accept(found: FoundFunction, order: Omit<Order, "delivery">): void;
}

/** `signal`: the stand-in's own end. */
export function createEvents(ground: LambdaGround, patience: Patience, signal: AbortSignal): Events {
  const { clock, scenario } = ground;

  async function deliver(found: FoundFunction, first: Omit<Order, "delivery">): Promise<void> {
    const { eventDelivery, eventRequestIds } = scenario.now.switches;
    if (eventDelivery === "never") return;
    const acceptedAt = clock.now();
    const { retries, maxEventAge, reservedConcurrency } = found.whole;
    // Where it can never run, AWS gives it to the destination of failures, which there is none of here.
    const goesOn = (): boolean => reservedConcurrency !== 0 && clock.now() - acceptedAt <= maxEventAge * 1000;
    let surplus = eventDelivery === "twice" ? 1 : 0;
    for (let delivery = 1, failures = 0; ; delivery++) {
      const requestId = delivery > 1 && eventRequestIds === "new" ? newRequestId(ground) : first.requestId;
      const ran = await patience(found, { ...first, requestId, delivery }, goesOn);
      if (ran === undefined) return;
      if (ran.functionError === undefined && surplus-- <= 0) return;
      if (ran.functionError !== undefined && ++failures > retries) return;
      await clock.sleep(scenario.now.times.again * 1000 * Math.max(1, failures), signal);
    }
  }

  return {
    // It rejects only when the stand-in closes.
    accept: (found, order) => void deliver(found, order).catch(() => undefined),
  };
}
