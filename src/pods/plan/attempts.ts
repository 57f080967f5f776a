/** Which containers run again, and when: restartPolicy and the kubelet's back-off. Pure. */
import type { PodSpec } from "../../model/kube.ts";
import type { ContainerState, TaskState, Terminated } from "../../model/task-state.ts";
import { mayRunAgain, restartPolicyOf } from "../../status/may-run-again.ts";

/** The kubelet's figures (pkg/kubelet/kubelet.go): first restart at once, then 10 s doubling to 300 s. */
const BACK_OFF_FIRST_MS = 10_000;
const BACK_OFF_MAX_MS = 300_000;
/** A run of twice the longest back-off counts as calm and forgets what was before. */
const CALM_RUN_MS = 2 * BACK_OFF_MAX_MS;

export interface DueRestart {
  readonly container: string;
  /** The instance to start: the nth run in this task. */
  readonly instance: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds of back-off that lie between the end and the next run. */
  readonly wait: number;
}

/** Does this ended container run again, by the pod's rules? */
function runsAgain(spec: PodSpec, { name, kind, state }: ContainerState): boolean {
  return state.is === "terminated" && mayRunAgain(kind, restartPolicyOf(spec, name), state.exitCode);
}

/** How long after its end a container with this many restarts behind it waits. */
function backOffMs(restarts: number, run: Terminated): number {
  if (restarts <= 0 || ranCalmly(run)) return 0;
  return Math.min(BACK_OFF_FIRST_MS * 2 ** (restarts - 1), BACK_OFF_MAX_MS);
}

/** From one launch to the next when `starts` in a row have brought a task that never ran: the kubelet's image back-off. */
export const startBackOffMs = (starts: number): number =>
  Math.min(BACK_OFF_FIRST_MS * 2 ** Math.max(0, starts - 1), BACK_OFF_MAX_MS);

/** A run of which a time is missing is none that is known to have been calm. */
function ranCalmly({ startedAt = Infinity, finishedAt = 0 }: Terminated): boolean {
  return finishedAt - startedAt >= CALM_RUN_MS;
}

/**
 * The containers of the task that wait for a restart. `counted` gives the restarts that count for the back-off (those
 * since the last calm run). The back-off of an end without a known time counts from that run's start, or else from
 * `since`, the launch of the task: from now on it would wait for ever, and without one it would be a storm.
 */
export function dueRestarts(
  spec: PodSpec,
  task: TaskState,
  counted: (container: ContainerState) => number,
  since: number,
): DueRestart[] {
  if (task.final === true) return [];
  const failedInit = task.containers.find((one) => one.kind === "init" && isFailed(one));
  // Behind a failed init container nothing has started; a sidecar before it restarts in its own right.
  const candidates = failedInit === undefined ? task.containers : upTo(task.containers, failedInit);
  return candidates.flatMap((container) => {
    const state = container.state;
    if (state.is !== "terminated" || !runsAgain(spec, container)) return [];
    const wait = backOffMs(counted(container), state);
    const at = (state.finishedAt ?? state.startedAt ?? since) + wait;
    return [{ container: container.name, instance: container.instance + 1, at, wait }];
  });
}

function upTo(containers: readonly ContainerState[], last: ContainerState): readonly ContainerState[] {
  return containers.slice(0, containers.indexOf(last) + 1);
}

function isFailed(container: ContainerState): boolean {
  return container.state.is === "terminated" && container.state.exitCode !== 0;
}

/** Will no main container run any more, by the pod's own rules? Sidecars do not count. */
export function isFinished(spec: PodSpec, task: TaskState): boolean {
  const again = (one: ContainerState) => task.final !== true && runsAgain(spec, one);
  const forGood = (one: ContainerState) => one.state.is === "terminated" && !again(one);
  const dead = task.containers.some((one) => one.kind === "init" && isFailed(one) && !again(one));
  const mains = task.containers.filter((one) => one.kind === "main");
  return dead || (mains.length > 0 && mains.every(forGood));
}

/** Notes which containers have run calmly, so that their back-off starts anew. Returns the same map when nothing changed. */
export function noteCalm(
  calm: ReadonlyMap<string, number> | undefined,
  task: TaskState | undefined,
  earlierRestarts: Readonly<Record<string, number>>,
): ReadonlyMap<string, number> | undefined {
  const total = (one: ContainerState) => (earlierRestarts[one.name] ?? 0) + one.instance;
  const fresh = (task?.containers ?? []).filter(
    (one) => one.state.is === "terminated" && ranCalmly(one.state) && calm?.get(one.name) !== total(one),
  );
  if (fresh.length === 0) return calm;
  return new Map([...(calm ?? []), ...fresh.map((one) => [one.name, total(one)] as const)]);
}
