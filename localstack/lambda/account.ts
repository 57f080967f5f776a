import type { Clock } from "../../src/model/clock.ts";
import type { PacedClock } from "../clock.ts";
import type { Ledger } from "../ledger.ts";
import type { LogStore } from "../logs/store.ts";
import type { ScenarioBox } from "../scenario/box.ts";

/** What every part of Lambda stands on. */
export interface LambdaGround {
  readonly clock: PacedClock;
  /** The machine's clock, below the other one: processes live by it. */
  readonly machine: Clock;
  readonly scenario: ScenarioBox;
  readonly logs: LogStore;
  readonly ledger: Ledger;
  /** 32 hexadecimal digits. */
  readonly newId: () => string;
}

/** As Lambda's request ids are written: 8-4-4-4-12. */
export function newRequestId({ newId }: Pick<LambdaGround, "newId">): string {
  const id = newId();
  return [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20)].join("-");
}
