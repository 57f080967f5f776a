import type { Provider } from "../../src/provider.ts";
import type { Invocations } from "./invoke/invocations.ts";
import type { Held } from "./invoke/invoke.ts";

/**
 * As Provider.stop. Lambda has no call that ends an invocation: after the grace its connection is dropped, and it may run on.
 * What this process does not know is gone, as far as anybody can tell.
 */
export function createStop(invocations: Invocations<Held>): Provider["stop"] {
  return async ({ identity }, { graceSeconds, discard }) => {
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
