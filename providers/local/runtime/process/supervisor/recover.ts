import type { Terminated } from "../../../../../src/provider.ts";
import { unknownEnd } from "../container/outcome.ts";
import { killStrays } from "../container/plain.ts";
import { signalMarked } from "../host/processes.ts";
import { containerDirectory } from "../paths.ts";
import type { ContainerRecord, TaskRecord } from "./record.ts";
import { markEnded } from "./run-files.ts";

/**
 * After the death of an earlier supervisor: ends what it left running, and says of each run in doubt that its end
 * is unknown. A run that had not been spawned by then goes on as if nothing had happened.
 */
export function recoverTask(record: TaskRecord, stateDir: string): TaskRecord {
  if (record.sandbox !== undefined) signalMarked(record.sandbox, "SIGKILL");
  for (const container of record.containers) {
    for (const mark of container.marks) signalMarked(mark, "SIGKILL");
    if (container.spawned && container.state.is !== "terminated")
      killStrays(`${containerDirectory(stateDir, record.key, container.name)}/root`);
    if (container.spawned) markEnded(stateDir, record.key, container.name, container.instance);
  }
  return { ...recovered(record), version: record.version + 1 };
}

/** The record as a new supervisor finds it true. Pure. */
export function recovered(record: TaskRecord): TaskRecord {
  return {
    ...record,
    sandbox: undefined,
    containers: record.containers.map((container) => ({ ...container, ...resolve(container), marks: [] })),
  };
}

function resolve(container: ContainerRecord): { state: ContainerRecord["state"]; started: boolean } {
  const { state, started, spawned } = container;
  // What its environment lacked is looked at anew.
  if (!spawned && state.is === "waiting" && state.reason === "CreateContainerConfigError")
    return { state: { is: "waiting", reason: "ContainerCreating" }, started };
  if (!spawned || state.is === "terminated") return { state: container.state, started };
  const end: Terminated = unknownEnd(state.is === "running" ? state.startedAt : undefined, undefined);
  return { state: end, started: true };
}
