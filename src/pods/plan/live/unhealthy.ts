/** A container that fails its liveness or startup probe is ended; whether it runs again is its end's business. Pure. */
import type { PodSpec } from "../../../model/kube.ts";
import type { TaskState } from "../../../model/task-state.ts";
import { type Action, firstOf, type Unhealthy } from "../action.ts";
import { stopDue } from "../ending.ts";
import type { World } from "../world.ts";

/** A kill is sent again after this long without an end: it may not have arrived. */
const KILL_AGAIN_MS = 5_000;
/** The kubelet's least (pkg/kubelet/kuberuntime). */
const LEAST_GRACE_SECONDS = 2;
const DEFAULT_GRACE_SECONDS = 30;

/** What to do about containers that have failed a probe; `undefined` when there is nothing (any more). */
export function unhealthyDue(world: World, spec: PodSpec, task: TaskState): Action | undefined {
  const { canKill, restarts } = world.provider;
  // Nobody here could end the container: such a provider has to run the probes itself, or refuse them.
  if (!canKill && restarts !== "task") return undefined;
  const actions = task.containers.flatMap((one): Action[] => {
    const probe = one.state.is === "running" ? one.failed : undefined;
    if (probe === undefined) return [];
    return [endingOf(world, spec, task, { container: one.name, instance: one.instance, probe })];
  });
  return firstOf(actions);
}

function endingOf(world: World, spec: PodSpec, task: TaskState, unhealthy: Unhealthy): Action {
  const { notes, now, provider } = world;
  const { attempt } = task.identity;
  const freshKillAt = now + graceOf(spec, unhealthy) * 1000;
  if (!provider.canKill) {
    const stop = stopDue(world, attempt, notes.stops?.get(attempt)?.killAt ?? freshKillAt, false);
    return stop.do === "stop" ? { ...stop, unhealthy } : stop;
  }
  const trouble = notes.troubles?.kill;
  if (trouble !== undefined && trouble.retryAt > now) return { do: "wait", until: trouble.retryAt };
  const sent = notes.kills?.get(unhealthy.container);
  const before = sent?.attempt === attempt && sent.instance === unhealthy.instance ? sent : undefined;
  const again = before === undefined ? now : before.sentAt + KILL_AGAIN_MS;
  if (again > now) return { do: "wait", until: again };
  return { do: "kill", attempt, unhealthy, killAt: before?.killAt ?? freshKillAt };
}

/** Seconds: the probe's own where it has one, else the pod's. */
function graceOf({ containers, initContainers = [], ...spec }: PodSpec, { container, probe }: Unhealthy): number {
  const found = [...containers, ...initContainers].find(({ name }) => name === container);
  const own = found?.[probe === "startup" ? "startupProbe" : "livenessProbe"]?.terminationGracePeriodSeconds;
  return Math.max(LEAST_GRACE_SECONDS, own ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS);
}
