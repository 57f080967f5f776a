import type { GroupEntry } from "./arm/ledger.ts";
import type { Market } from "./ecs/market.ts";
import type { LambdaEntry } from "./lambda/ledger-entries.ts";

/**
 * What really happened in the cloud, in order: tests judge burstlet by it, not by what burstlet says. Times are wall
 * milliseconds of the stand-in's clock.
 */
export type LedgerEntry =
  | GroupEntry
  | LambdaEntry
  | {
      readonly at: number;
      readonly event: "launch";
      /** `launched` is the only one that started something; `repeated`: the token's task was told again. */
      readonly outcome: "launched" | "repeated" | "conflict" | "failure";
      readonly taskArn: string;
      readonly taskDefinitionArn: string;
      readonly startedBy: string;
      readonly clientToken: string;
      readonly subnet: string;
      readonly market: Market;
      /** Of a failure: its reason. */
      readonly reason?: string | undefined;
    }
  | {
      readonly at: number;
      /** A call of StopTask. */
      readonly event: "stop";
      readonly outcome: "stopping" | "stopped already";
      readonly taskArn: string;
      readonly startedBy: string;
      readonly reason: string;
    }
  | {
      readonly at: number;
      /** The task has reached STOPPED. */
      readonly event: "ended";
      readonly taskArn: string;
      readonly startedBy: string;
      readonly stopCode: string;
      readonly stoppedReason: string;
      /** By container; `null` where it never ran or nobody knows. */
      readonly exitCodes: Readonly<Record<string, number | null>>;
    };

export interface Ledger {
  readonly entries: readonly LedgerEntry[];
  write(entry: LedgerEntry): void;
}

export function createLedger(): Ledger {
  const entries: LedgerEntry[] = [];
  return { entries, write: (entry) => void entries.push(entry) };
}
