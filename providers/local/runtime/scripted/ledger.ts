import type { Clock, ProviderErrorKind, TaskIdentity } from "../../../../src/provider.ts";
import type { TaskSpec } from "../runtime.ts";

/** One request as the cloud saw it: for tests that count what really happened. */
export type LedgerEntry =
  | {
      readonly at: number;
      readonly request: "start";
      readonly identity: TaskIdentity;
      readonly token: string;
      /** `launched` is the only one that started something. A lost answer is written down as both. */
      readonly outcome: "launched" | "found" | ProviderErrorKind;
    }
  | {
      readonly at: number;
      readonly request: "stop";
      readonly identity: TaskIdentity;
      readonly graceSeconds: number;
      readonly discard: boolean;
      readonly outcome: "stopping" | "stopped" | "gone";
    }
  | {
      readonly at: number;
      readonly request: "restart";
      readonly identity: TaskIdentity;
      readonly container: string;
      readonly instance: number;
    }
  | {
      readonly at: number;
      readonly request: "kill";
      readonly identity: TaskIdentity;
      readonly container: string;
      readonly instance: number;
      readonly graceSeconds: number;
    };

export interface Ledger {
  started(spec: Pick<TaskSpec, "identity" | "token">, outcome: "launched" | "found" | ProviderErrorKind): void;
  stopped(
    identity: TaskIdentity,
    how: { graceSeconds: number; discard: boolean },
    outcome: "stopping" | "stopped" | "gone",
  ): void;
  restarted(identity: TaskIdentity, container: string, instance: number): void;
  killed(identity: TaskIdentity, container: string, instance: number, graceSeconds: number): void;
}

export const noLedger: Ledger = { started: () => {}, stopped: () => {}, restarted: () => {}, killed: () => {} };

/** Keeps everything, for as long as it lives. Times are wall milliseconds. */
export function createLedger(clock: Clock): Ledger & { readonly entries: readonly LedgerEntry[] } {
  const entries: LedgerEntry[] = [];
  return {
    entries,
    started: ({ identity, token }, outcome) =>
      void entries.push({ at: clock.now(), request: "start", identity, token, outcome }),
    stopped: (identity, how, outcome) =>
      void entries.push({ at: clock.now(), request: "stop", identity, ...how, outcome }),
    restarted: (identity, container, instance) =>
      void entries.push({ at: clock.now(), request: "restart", identity, container, instance }),
    killed: (identity, container, instance, graceSeconds) =>
      void entries.push({ at: clock.now(), request: "kill", identity, container, instance, graceSeconds }),
  };
}
