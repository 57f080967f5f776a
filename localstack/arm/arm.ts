/** Azure Resource Manager with its container groups: the parts composed. */
import type { CallCounts } from "../calls.ts";
import type { Faults } from "../faults.ts";
import type { Living, Sample } from "../follow.ts";
import type { PathService } from "../server/service.ts";
import type { TaskIdentity } from "../../src/model/identity.ts";
import { createGroupControls, type GroupControls } from "./controls.ts";
import type { Surroundings } from "./group/surroundings.ts";
import { createGroups } from "./groups.ts";
import { createLimits } from "./limits/limits.ts";
import { createMonitor } from "./metrics/monitor.ts";
import { armService } from "./service.ts";
import { createSessions } from "./streams/sessions.ts";

export interface ArmParts extends Surroundings {
  readonly faults: Faults;
  readonly calls: CallCounts;
  readonly sample: Sample;
  /** 32 hexadecimal digits. */
  readonly newId: () => string;
}

export interface Arm {
  readonly service: PathService;
  /** The group that the runtime runs under this identity. */
  living(identity: TaskIdentity): Living | undefined;
  readonly controls: GroupControls;
  close(): Promise<void>;
}

export function createArm({ faults, calls, sample, newId, ...around }: ArmParts): Arm {
  const { clock, scenario, runtime } = around;
  const groups = createGroups(around, newId);
  const sessions = createSessions(runtime, clock, newId);
  const monitor = createMonitor({ groups, sample, clock });
  const account = { ...around, groups, sessions, monitor, limits: createLimits(clock, scenario) };
  return {
    service: armService({ account, faults, calls }),
    controls: createGroupControls(groups, around),
    living: (identity) => groups.living(identity),
    async close() {
      monitor.close();
      await groups.close();
    },
  };
}
