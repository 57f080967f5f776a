/** A cloud that restarts by itself what has ended in its tasks, whether burstlet runs or not: as Azure does. */
import type { ScriptedCloud } from "../../providers/local/runtime/scripted/cloud.ts";
import type { TaskSpec } from "../../providers/local/runtime/runtime.ts";
import type { Provider, TaskFeed, TaskIdentity, TaskState } from "../../src/provider.ts";
import { mayRunAgain } from "../../src/status/may-run-again.ts";
import type { FakeClock } from "../support/fake-clock.ts";

/** Between the end of a run and the next: twice as long after each run, up to five minutes. No cloud tells how it pauses. */
const pauseMs = (instance: number): number => Math.min(1_500 * 2 ** instance, 300_000);

export interface SelfRestarting {
  /** The provider over this cloud: it shows a task as running while something in it is to be restarted. */
  over(provider: Provider<TaskSpec>): Provider<TaskSpec>;
}

export function selfRestarting(cloud: ScriptedCloud, clock: FakeClock): SelfRestarting {
  /** By pod's uid, what the cloud was told with the request. */
  const policies = new Map<string, string>();
  const told = new Set<string>();
  const key = ({ podUid, attempt }: TaskIdentity): string => `${podUid}/${attempt}`;
  const due = (state: TaskState) => {
    if (told.has(key(state.identity)) || state.disrupted === true) return [];
    return state.containers.filter(({ kind, state: run }) => {
      const restartPolicy = policies.get(state.identity.podUid) ?? "Always";
      return run.is === "terminated" && mayRunAgain(kind, { restartPolicy }, run.exitCode);
    });
  };
  const shown = (state: TaskState): TaskState =>
    state.phase === "stopped" && due(state).length > 0 ? { ...state, phase: "running" } : state;

  const waiting = new Set<string>();
  /** One wait for each run: what else changes meanwhile begins no second. */
  const restart = ({ identity }: TaskState, name: string, instance: number): void => {
    const run = `${key(identity)}/${name}/${instance}`;
    if (waiting.has(run)) return;
    waiting.add(run);
    clock.after(pauseMs(instance), () => {
      const task = cloud.task(identity);
      if (task !== undefined && due(task.state).some((one) => one.name === name)) task.restart(name, instance + 1);
    });
  };
  const itself: TaskFeed = {
    task: (state) => due(state).forEach(({ name, instance }) => restart(state, name, instance)),
    gone: () => {},
    synced: () => {},
    health: () => {},
  };
  void cloud.watch(itself, new AbortController().signal);

  return {
    over: (provider) => ({
      ...provider,
      translate(pod) {
        policies.set(pod.uid, pod.restartPolicy);
        return provider.translate(pod);
      },
      launch: async (launch, signal) => shown(await provider.launch(launch, signal)),
      stop(task, how) {
        told.add(key(task.identity));
        return provider.stop(task, how);
      },
      list: async () => (await provider.list()).map(shown),
      watch: (feed, signal) => provider.watch({ ...feed, task: (state) => feed.task(shown(state)) }, signal),
    }),
  };
}
