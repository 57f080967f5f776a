import type { Clock } from "../../../src/model/clock.ts";
import type { ScenarioBox } from "../../scenario/box.ts";
import { armError } from "../errors.ts";
import { type Allowance, createAllowance } from "./allowance.ts";

export type CallKind = "reads" | "writes" | "deletes";
export type WindowKind = "creates" | "deletes";

/** Headers of an answer, with what is left. */
export type Left = Readonly<Record<string, string>>;

export interface Limits {
  /** Of every call: as Azure Resource Manager counts. Throws 429. */
  call(kind: CallKind): Left;
  /** Of creations and deletions of groups in a location: as the resource provider counts. Throws 429. */
  window(kind: WindowKind, location: string): Left;
}

/** For a subscription, principal and region (Azure's page on request limits); there is one of each. */
const calls: Readonly<Record<CallKind, { readonly burst: number; readonly seconds: number }>> = {
  reads: { burst: 250, seconds: 10 },
  writes: { burst: 200, seconds: 20 },
  deletes: { burst: 200, seconds: 20 },
};

/** Not a line of the provider's is used here: its buckets are judged by these. */
export function createLimits(clock: Clock, scenario: ScenarioBox): Limits {
  const byCall = (kind: CallKind): Allowance =>
    createAllowance(clock, () => ({ ...calls[kind], manner: "bit by bit" }));
  const byWindow = (kind: WindowKind, window: "fiveMinutes" | "hour", seconds: number): Allowance =>
    createAllowance(clock, () => {
      const { azure, switches } = scenario.now;
      return { burst: azure[kind][window], seconds, manner: switches.azure.window };
    });
  const both = (kind: WindowKind) => ({ pt5m: byWindow(kind, "fiveMinutes", 300), pt1h: byWindow(kind, "hour", 3600) });
  const arm = { reads: byCall("reads"), writes: byCall("writes"), deletes: byCall("deletes") };
  const windows = new Map<string, ReturnType<typeof both>>();
  const windowsOf = (kind: WindowKind, location: string): ReturnType<typeof both> => {
    const key = scenario.now.switches.azure.windowScope === "location" ? `${kind} ${location}` : kind;
    const found = windows.get(key) ?? both(kind);
    windows.set(key, found);
    return found;
  };
  return {
    call(kind) {
      const wait = arm[kind].wait();
      if (scenario.now.switches.throttling && wait > 0) throw throttled(wait, scenario, "sent");
      return { [`x-ms-ratelimit-remaining-subscription-${kind}`]: String(arm[kind].take()) };
    },
    window(kind, location) {
      const { pt5m, pt1h } = windowsOf(kind, location);
      const wait = Math.max(pt5m.wait(), pt1h.wait());
      const { throttling, azure } = scenario.now.switches;
      if (throttling && wait > 0) throw throttled(wait, scenario, azure.retryAfter);
      const name = "x-ms-ratelimit-remaining-subscription-resource-requests";
      return { [`${name}-pt5m`]: String(pt5m.take()), [`${name}-pt1h`]: String(pt1h.take()) };
    },
  };
}

/** Text from memory. */
function throttled(seconds: number, { now }: ScenarioBox, retryAfter: "sent" | "absent") {
  const message = `Number of requests for subscription '${now.azure.subscription}' exceeded the limit. Please try again after '${Math.ceil(seconds)}' seconds.`;
  return armError(429, "SubscriptionRequestsThrottled", message, retryAfter === "sent" ? { retryAfter: seconds } : {});
}
