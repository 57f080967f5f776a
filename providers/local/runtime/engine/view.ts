import type { TaskView, Run } from "./next.ts";
import { runKey } from "./names.ts";
import type { TaskRecord } from "./record.ts";
import type { Seen } from "./seen.ts";

/** Kubernetes' own. */
const defaultGraceSeconds = 30;

/** Pure. Joins what the record and the engine know of a task into what `nextSteps` decides on. */
export function taskView(record: TaskRecord, seen: readonly Seen[], now: number): TaskView {
  const sandbox = seen.find((one) => one.kind === "sandbox");
  return {
    containers: record.spec.containers.map(({ name, kind, postStart, preStop, startupProbed, target }) => ({
      name,
      kind,
      ...(postStart !== undefined && { postStart: true }),
      ...(preStop !== undefined && { preStop: true }),
      ...(target !== undefined && { target }),
      ...(startupProbed === true && !record.passed.includes(name) && { held: true }),
      wanted: wantedInstance(record, seen, name),
    })),
    runs: runsOf(record, seen),
    sandbox: sandboxState(sandbox),
    prepared: sandbox?.state === "running" && sandbox.startedAt === record.filled,
    startable: !record.bare,
    stop: record.stop,
    kills: record.kills,
    signalled: record.signalled,
    hooks: Object.fromEntries(Object.entries(record.hooks).map(([key, { is }]) => [key, is])),
    graceMs: (record.spec.graceSeconds ?? defaultGraceSeconds) * 1000,
    now,
  };
}

/** What was asked for; without a record of that, the newest that exists. */
export function wantedInstance(record: TaskRecord, seen: readonly Seen[], container: string): number {
  const found = seen.filter((one) => one.kind !== "sandbox" && one.container === container).map((one) => one.instance);
  return Math.max(record.wanted[container] ?? 0, ...found);
}

function sandboxState(sandbox: Seen | undefined): TaskView["sandbox"] {
  if (sandbox === undefined) return "absent";
  return sandbox.state === "lost" ? "ended" : sandbox.state;
}

function runsOf(record: TaskRecord, seen: readonly Seen[]): Run[] {
  const found = seen
    .filter((one) => one.kind !== "sandbox")
    .map((one): Run => {
      const refused = record.failed[runKey(one.container, one.instance)] !== undefined || one.startError !== undefined;
      const state = one.state === "lost" || (refused && one.state === "created") ? "ended" : one.state;
      const succeeded = one.state === "ended" && one.exitCode === 0;
      return { container: one.container, instance: one.instance, state, succeeded, inEngine: true };
    });
  const keys = new Set(found.map((run) => runKey(run.container, run.instance)));
  const gone = [...record.begun, ...Object.keys(record.failed)].filter((key) => !keys.has(key));
  return [...found, ...gone.map(lostRun)];
}

/** It ran once and somebody removed it from the engine. */
function lostRun(key: string): Run {
  const slash = key.lastIndexOf("/");
  return {
    container: key.slice(0, slash),
    instance: Number(key.slice(slash + 1)),
    state: "ended",
    succeeded: false,
    inEngine: false,
  };
}
