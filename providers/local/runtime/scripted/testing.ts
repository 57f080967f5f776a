import { createScriptedCloud, type ScriptedCloud, type ScriptedCloudOptions } from "./cloud.ts";
import { createLedger, type LedgerEntry } from "./ledger.ts";
import { createScriptedRuntime } from "./runtime.ts";
import type { ContainerSpec, Runtime, TaskSpec } from "../runtime.ts";
import type { TaskFeed, TaskState } from "../../../../src/provider.ts";
import { type FakeClock, fakeClock } from "../../../../test/support/fake-clock.ts";
import { containerSpec, specEnv, taskSpec } from "../../../../test/support/tasks/task-specs.ts";

export interface ScriptedWorld {
  readonly clock: FakeClock;
  readonly cloud: ScriptedCloud;
  readonly runtime: Runtime;
  /** Every request that reached the cloud, oldest first. */
  readonly requests: readonly LedgerEntry[];
}

/** A scripted cloud in virtual time, that starts at 0, with a ledger and a runtime over it. */
export function scriptedWorld(options: Partial<ScriptedCloudOptions> = {}): ScriptedWorld {
  const clock = fakeClock(0);
  const ledger = createLedger(clock);
  const cloud = createScriptedCloud({ clock, ledger, ...options });
  return { clock, cloud, runtime: createScriptedRuntime({ cloud }), requests: ledger.entries };
}

/** A container with SCRIPT_ variables. */
export const scripted = (
  script: Readonly<Record<string, string>>,
  change: Partial<ContainerSpec> = {},
): ContainerSpec => containerSpec({ ...change, env: specEnv(script) });

/** A task of one container with SCRIPT_ variables. */
export const scriptedTask = (podUid: string, script: Readonly<Record<string, string>> = {}): TaskSpec =>
  taskSpec(podUid, { containers: [scripted(script)] });

/** Each container in a few words: `main#0 running`, `main#1 exit 3 Error (last 3)`. */
export function inWords(state: TaskState | undefined): string[] {
  return (state?.containers ?? []).map(({ name, instance, state: run, last }) => {
    const how =
      run.is === "terminated" ? `exit ${run.exitCode} ${run.reason}` : run.is === "waiting" ? run.reason : run.is;
    return `${name}#${instance} ${how}${last ? ` (last ${last.exitCode})` : ""}`;
  });
}

/** A feed that ignores what a test does not ask for. */
export function feedOf(part: Partial<TaskFeed>): TaskFeed {
  return { task: () => {}, gone: () => {}, synced: () => {}, health: () => {}, ...part };
}
