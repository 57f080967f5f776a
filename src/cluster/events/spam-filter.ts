import { LRUCache } from "lru-cache";
import type { Clock } from "../../model/clock.ts";

/** client-go's spam filter: 25 events at once per object and source, then one in five minutes. */
const burst = 25;
const refillMs = 300_000;
/** As many objects as client-go remembers; a forgotten one begins with a full bucket. */
const objects = 4096;

/** Answers whether one more event about `object` may be told. */
export function createSpamFilter(clock: Clock): (object: string) => boolean {
  const buckets = new LRUCache<string, { tokens: number; at: number }>({ max: objects });
  return (object) => {
    const now = clock.monotonic();
    const bucket = buckets.get(object) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refillMs);
    const allowed = tokens >= 1;
    buckets.set(object, { tokens: allowed ? tokens - 1 : tokens, at: now });
    return allowed;
  };
}
