import { LRUCache } from "lru-cache";
import type { Clock } from "../../model/clock.ts";

/** client-go's spam filter: 25 events at once per object and source, then one in five minutes. */
const burst = 25;
const refillMs = 300_000;
/** As many objects as client-go remembers; a forgotten one begins with a full bucket. */
const mostObjects = 4096;

export type Verdict = "allowed" | "limited" | "still limited";

/** Answers whether one more event about `object` may be told. */
export function createSpamFilter(clock: Clock): (object: string) => Verdict {
  const buckets = new LRUCache<string, { tokens: number; at: number; verdict: Verdict }>({ max: mostObjects });
  return (object) => {
    const at = clock.monotonic();
    const before = buckets.get(object) ?? { tokens: burst, at, verdict: "allowed" };
    const tokens = Math.min(burst, before.tokens + (at - before.at) / refillMs);
    const verdict = tokens >= 1 ? "allowed" : before.verdict === "allowed" ? "limited" : "still limited";
    buckets.set(object, { tokens: verdict === "allowed" ? tokens - 1 : tokens, at, verdict });
    return verdict;
  };
}
