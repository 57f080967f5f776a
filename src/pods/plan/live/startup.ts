/** What comes after a sidecar in the row of a pod's containers waits for its startup probe too. Pure. */
import type { PodSpec } from "../../../model/kube.ts";
import type { TaskState } from "../../../model/task-state.ts";
import type { Action } from "../action.ts";
import type { World } from "../world.ts";

/** The next sidecar behind which the row may go on, or when to try again, or nothing. Told once: an answer is a promise. */
export function startupDue(
  { health, notes, now, provider }: World,
  spec: PodSpec,
  task: TaskState,
): Action | undefined {
  if (!provider.canPassStartup) return undefined;
  const { attempt } = task.identity;
  const due = task.containers.find(({ name, kind, state }, index) => {
    if (kind !== "sidecar" || state.is !== "running" || notes.startups?.get(name) === attempt) return false;
    const isProbed = spec.initContainers?.some((one) => one.name === name && one.startupProbe !== undefined) === true;
    const behind = task.containers.slice(index + 1);
    const isAwaited = behind.some((one) => one.state.is === "waiting" && one.instance === 0);
    return isProbed && isAwaited && health.get(name)?.started === true;
  });
  if (due === undefined) return undefined;
  const retryAt = notes.troubles?.passStartup?.retryAt ?? 0;
  if (retryAt > now) return { do: "wait", until: retryAt };
  return { do: "passStartup", attempt, container: due.name, instance: due.instance };
}
