/** Ephemeral containers (`kubectl debug`) of a pod that runs already: which one the provider is asked for next. Pure. */
import type { Pod } from "../../../model/kube.ts";
import type { TaskState } from "../../../model/task-state.ts";
import { type Action, firstOf } from "../action.ts";
import type { World } from "../world.ts";

/** One that was asked for shows in the feed soon; only when it does not, it is asked for again. */
const ADD_AGAIN_MS = 10_000;

/** `undefined` when there is nothing to add. */
export function additionDue(world: World, pod: Pod, task: TaskState): Action | undefined {
  if (!world.provider.canAdd || task.phase === "stopping" || task.phase === "stopped") return undefined;
  const ended = new Set(
    (pod.status?.ephemeralContainerStatuses ?? []).filter(({ state }) => state?.terminated).map(({ name }) => name),
  );
  const missing = (pod.spec?.ephemeralContainers ?? []).filter(
    ({ name }) => !ended.has(name) && !task.containers.some((one) => one.name === name),
  );
  const actions = missing.flatMap(({ name }): Action[] => {
    const at = nextTry(world, name);
    if (at === undefined) return [];
    return [
      at > world.now ? { do: "wait", until: at } : { do: "add", attempt: task.identity.attempt, container: name },
    ];
  });
  return firstOf(actions);
}

/** Milliseconds since 1970; `undefined`: never. */
function nextTry({ notes }: World, name: string): number | undefined {
  const trouble = notes.troubles?.add?.retryAt ?? 0;
  const addition = notes.additions?.get(name);
  switch (addition?.is) {
    case undefined:
      return trouble;
    case "refused":
      return undefined;
    case "missing":
      return Math.max(trouble, addition.retryAt);
    case "sent":
      return Math.max(trouble, addition.sentAt + ADD_AGAIN_MS);
  }
}
