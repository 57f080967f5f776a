import type { Runtime } from "../../../providers/local/runtime/runtime.ts";
import type { PacedClock } from "../../clock.ts";
import type { Ledger } from "../../ledger.ts";
import type { ScenarioBox } from "../../scenario/box.ts";
import type { GroupRecord } from "./record.ts";

/** What groups live in. */
export interface Surroundings {
  readonly clock: PacedClock;
  readonly scenario: ScenarioBox;
  readonly runtime: Runtime;
  readonly ledger: Ledger;
  /** Where an extension of a group asks what it uses; `undefined` where groups have no address. */
  readonly metrics: () => string | undefined;
}

/** Why a group cannot be provisioned now; it goes on trying. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
  /** `FailedMount`, of a volume; default `Failed`. */
  readonly event?: string | undefined;
  /** The container whose image it is. */
  readonly container?: string | undefined;
}

export type LookForTrouble = (record: GroupRecord) => Trouble | undefined;
