import type { Runtime } from "../../../providers/local/runtime/runtime.ts";
import type { PacedClock } from "../../clock.ts";
import type { TaskEvents } from "../../events/task-events.ts";
import type { Ledger } from "../../ledger.ts";
import type { LogStore } from "../../logs/store.ts";
import type { ScenarioBox } from "../../scenario/box.ts";
import type { Folders } from "../storage/folders.ts";
import type { Confidant } from "./confided.ts";

/** What tasks live in. */
export interface Surroundings extends Confidant {
  readonly clock: PacedClock;
  readonly scenario: ScenarioBox;
  readonly runtime: Runtime;
  readonly logs: LogStore;
  readonly ledger: Ledger;
  readonly folders: Folders;
  readonly events: TaskEvents;
  /** Base of the metadata endpoint, as tasks reach it. */
  readonly metadata: () => string | undefined;
}
