import { createLimiter } from "../../src/limits/limiter.ts";
import type { Clock, ProviderContext } from "../../src/provider.ts";
import { silentLog } from "./silent-log.ts";

/** What the node hands to a provider: of cluster `cluster-1` and node `virtual-1`, unless changed. */
export function providerContext(clock: Clock, change: Partial<ProviderContext> = {}): ProviderContext {
  return {
    clusterUid: "cluster-1",
    nodeName: "virtual-1",
    clock,
    log: silentLog,
    network: "none",
    grants: [],
    limiter: (limits) => createLimiter(clock, limits),
    ...change,
  };
}
