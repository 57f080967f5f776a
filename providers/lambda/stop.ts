import type { Provider } from "../../src/provider.ts";
import type { Durable } from "./durable/feed.ts";
import type { Invocations } from "./invoke/invocations.ts";
import type { Held } from "./invoke/invoke.ts";

/**
 * As Provider.stop. Lambda has no call that ends an ordinary invocation: after the grace its connection is dropped, and it may
 * run on. What neither this process nor Lambda's list knows is gone, as far as anybody can tell.
 */
export function createStop(invocations: Invocations<Held>, durable: Pick<Durable, "sweep">): Provider["stop"] {
  return async ({ identity }, { graceSeconds, discard }) => {
    if (invocations.find(identity) === undefined) await durable.sweep();
    const found = invocations.find(identity);
    if (found === undefined) return "gone";
    if (found.state.phase !== "stopped") {
      found.kept.stop(graceSeconds);
      return "stopping";
    }
    if (!discard) return "stopped";
    invocations.forget(identity);
    return "gone";
  };
}
