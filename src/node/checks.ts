import type { HealthCheck } from "../telemetry/health.ts";
import { LEASE_SECONDS } from "./lease.ts";

export interface NodeState {
  /** Has the first full picture of each been told? */
  readonly known: { readonly pods: boolean; readonly tasks: boolean };
  /** Of the API server, in words. */
  apiTrouble(): string | undefined;
  /** Of the provider, in words. */
  providerTrouble(): string | undefined;
  /** Since the lease was renewed, milliseconds. */
  leaseAge(): number;
}

/**
 * What a virtual node's /readyz asks. None of it is mended by a restart, so /livez asks none of it: that an answer comes
 * at all shows that the event loop turns.
 */
export function nodeChecks(state: NodeState): readonly HealthCheck[] {
  return [
    ready("api-server", () => state.apiTrouble()),
    ready("pods", () => (state.known.pods ? undefined : "the pods of this node are not known yet")),
    ready("lease", () => {
      const seconds = state.leaseAge() / 1000;
      if (seconds <= LEASE_SECONDS) return undefined;
      return seconds === Infinity ? "the lease is not held yet" : `the lease was renewed ${Math.round(seconds)} s ago`;
    }),
    ready("provider", () => {
      return state.providerTrouble() ?? (state.known.tasks ? undefined : "the provider has not told its tasks yet");
    }),
  ];
}

function ready(name: string, check: () => string | undefined): HealthCheck {
  return { name, kind: "ready", check };
}
