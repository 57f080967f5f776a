import type { Clock } from "../../src/model/clock.ts";
import { type Market, marketQuotas } from "../ecs/market.ts";
import type { ScenarioBox } from "../scenario/box.ts";
import { ApiError } from "../server/service.ts";
import { type Bucket, createBucket } from "./bucket.ts";
import { familiesOf } from "./families.ts";

export interface Buckets {
  /** A token of every family of this call; throws AWS's throttle answer where one has none left. */
  take(service: string, operation: string): void;
  /** Tokens for `count` tasks that start, on demand or on Spot. In regions off the list 25 and 5. */
  launch(count: number, market: Market): void;
}

/** Not a line of src/limits is used here: burstlet's own buckets are judged by these. */
export function createBuckets(clock: Clock, scenario: ScenarioBox): Buckets {
  const quota = (code: string | undefined): number | undefined =>
    code === undefined ? undefined : scenario.now.quotas[code];
  const byCall = new Map<string, Bucket[]>();
  for (const { calls, size, quotas } of familiesOf(scenario.now.region)) {
    const bucket = createBucket(clock, () => {
      return { burst: quota(quotas?.burst) ?? size.burst, rate: quota(quotas?.rate) ?? size.rate };
    });
    for (const call of calls) byCall.set(call, [...(byCall.get(call) ?? []), bucket]);
  }
  const launchingOn = (market: Market): Bucket =>
    createBucket(clock, () => {
      const { burst, rate } = marketQuotas[market];
      return { burst: quota(burst) ?? 100, rate: quota(rate) ?? 20 };
    });
  const launching = { "on-demand": launchingOn("on-demand"), spot: launchingOn("spot") };
  return {
    take(service, operation) {
      if (!scenario.now.switches.throttling) return;
      takeOfAll(byCall.get(`${service}:${operation}`) ?? []);
    },
    launch(count, market) {
      if (scenario.now.switches.throttling && !launching[market].take(count)) throw rateExceeded();
    },
  };
}

function takeOfAll(buckets: readonly Bucket[]): void {
  const taken: Bucket[] = [];
  for (const bucket of buckets) {
    if (bucket.take()) {
      taken.push(bucket);
      continue;
    }
    for (const one of taken) one.give();
    throw rateExceeded();
  }
}

/** HTTP 400, as request-throttling of the ECS guide says. */
const rateExceeded = (): ApiError => new ApiError("ThrottlingException", "Rate exceeded");
