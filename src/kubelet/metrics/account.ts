/**
 * Counters that survive their containers. A container's own counter begins anew with each run and is gone with its task;
 * those of the pod and of the node must never fall, so they add up what each run used from sample to sample.
 */
import type { TaskStats } from "../../provider.ts";

export type ContainerSample = TaskStats["containers"][number];

interface Run {
  readonly podUid: string;
  readonly last: ContainerSample;
  /** The sample before, of the same run. */
  readonly before: ContainerSample | undefined;
  /** Monotonic milliseconds. */
  readonly seenAt: number;
}

export interface CpuAccount {
  /** Books new samples; one that was booked already changes nothing. `now`: monotonic milliseconds. */
  book(tasks: readonly TaskStats[], now: number): void;
  /** Core-seconds of everything ever booked. */
  nodeSeconds(): number;
  podSeconds(podUid: string): number;
  /** Cores in use between the last two samples of the present run; `undefined` while there is one. */
  coresOf(task: TaskStats, container: string): number | undefined;
}

/** A container may be missing from one answer and be back in the next: forgetting it at once would count it twice. */
const keepMs = 600_000;
/** Start times are told in whole seconds by some runtimes and reckoned from uptime by others. */
const startToleranceMs = 1_000;

export function createCpuAccount(): CpuAccount {
  const runs = new Map<string, Run>();
  const pods = new Map<string, number>();
  let node = 0;

  const bookOne = (podUid: string, key: string, sample: ContainerSample, now: number): void => {
    const known = runs.get(key);
    const sameRun = known !== undefined && isSameRun(known.last, sample);
    if (sameRun && sample.time <= known.last.time) {
      runs.set(key, { ...known, seenAt: now });
      return;
    }
    const used = sameRun ? sample.cpuSeconds - known.last.cpuSeconds : sample.cpuSeconds;
    node += used;
    pods.set(podUid, (pods.get(podUid) ?? 0) + used);
    runs.set(key, { podUid, last: sample, before: sameRun ? known.last : undefined, seenAt: now });
  };

  const forget = (now: number): void => {
    const alive = new Set<string>();
    for (const [key, run] of runs) {
      if (now - run.seenAt > keepMs) runs.delete(key);
      else alive.add(run.podUid);
    }
    for (const podUid of pods.keys()) if (!alive.has(podUid)) pods.delete(podUid);
  };

  return {
    book(tasks, now) {
      for (const task of tasks) {
        for (const sample of task.containers) bookOne(task.identity.podUid, keyOf(task, sample.name), sample, now);
      }
      forget(now);
    },
    nodeSeconds: () => node,
    podSeconds: (podUid) => pods.get(podUid) ?? 0,
    coresOf(task, container) {
      const { last, before } = runs.get(keyOf(task, container)) ?? {};
      if (last === undefined || before === undefined) return undefined;
      return (last.cpuSeconds - before.cpuSeconds) / ((last.time - before.time) / 1000);
    },
  };
}

function keyOf({ identity }: TaskStats, container: string): string {
  return `${identity.podUid}/${identity.attempt}/${container}`;
}

/** A counter that fell has begun anew, whatever the start times say. */
function isSameRun(last: ContainerSample, next: ContainerSample): boolean {
  if (next.time < last.time) return true;
  return Math.abs(next.startedAt - last.startedAt) <= startToleranceMs && next.cpuSeconds >= last.cpuSeconds;
}
