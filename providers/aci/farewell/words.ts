/** What the owner of a pod hears of the end of its containers, where Azure leaves it to us. Pure. */
import type { TaskState } from "../../../src/provider.ts";
import type { Farewell } from "../groups/known-groups.ts";

/** Hooks that have failed are told container by container; who could not be asked to end, once for the pod. */
export function withFarewell(state: TaskState, { hookFailures, deaf }: Farewell): TaskState {
  const containers = state.containers.map((container) => {
    const preStop = hookFailures[container.name];
    return preStop === undefined ? container : { ...container, hookFailures: { preStop } };
  });
  const why = Object.entries(deaf).map(([name, words]) => `${name}: ${words}`);
  if (why.length === 0) return { ...state, containers };
  const message = `Azure ends by SIGKILL what it is not asked to end from inside, and that was not possible: ${why.join("; ")}`;
  return { ...state, containers, warning: { reason: "EndedWithoutSIGTERM", message } };
}
