/**
 * Under Never a container runs once. Azure may run one that has failed again all the same (its page on restart policies),
 * so that the first end is the pod's, and the group is to be ended before more work is done twice. Pure.
 */
import type { ContainerState, TaskState, Terminated } from "../../../src/provider.ts";
import { endOf, unknownEnd } from "./reasons.ts";
import type { ContainerGroup, ContainerView, RunView } from "./shapes.ts";

/** The end of the first run, where there has been a second one: Azure tells the present and the one before alone. */
export function firstEnd(view: ContainerView): Terminated | undefined {
  if (!ranAgain(view)) return undefined;
  const { previousState, restartCount, events } = view;
  const count = restartCount ?? 1;
  if (count <= 1 && previousState?.state === "Terminated") return endOf(previousState, events ?? []);
  const message = `Azure has run it ${count + 1} times in spite of Never, and does not tell how the first run ended.`;
  return unknownEnd("ContainerStatusUnknown", message);
}

/** An end that was seen once stays as it was. */
export function keepsFirst(containers: readonly ContainerState[], before: TaskState | undefined): ContainerState[] {
  const known = new Map((before?.containers ?? []).map(({ name, state }) => [name, state]));
  return containers.map((container) => {
    const earlier = known.get(container.name);
    return earlier?.is === "terminated" ? { ...container, state: earlier } : container;
  });
}

/**
 * While a group is being ended, no container of it runs again for the pod, whatever Azure does: under Always it starts anew
 * what SIGTERM has ended. `containers`: as Azure shows them now.
 */
export function keepsEnds(containers: readonly ContainerState[], before: TaskState | undefined): ContainerState[] {
  const known = new Map((before?.containers ?? []).map((container) => [container.name, container]));
  return containers.map((container) => {
    const earlier = known.get(container.name);
    if (earlier === undefined || container.instance <= earlier.instance) {
      if (earlier?.state.is === "terminated") return { ...container, state: earlier.state };
      // What waits for its next run has ended, and has none any more.
      const hasEnded = earlier?.state.is === "running" && container.state.is === "waiting";
      const { last } = container;
      return hasEnded && last !== undefined ? { ...container, last: earlier.last, state: last } : container;
    }
    const { instance, last } = earlier;
    const kept = { ...container, instance, last };
    if (earlier.state.is === "terminated") return { ...kept, state: earlier.state };
    const missed = "Azure has run it again since it was asked to end, and does not tell how that run ended.";
    const isNext = container.instance === instance + 1 && container.last !== undefined;
    const state = isNext && container.last ? container.last : unknownEnd("ContainerStatusUnknown", missed);
    return { ...kept, state };
  });
}

/**
 * The run that Azure has begun of a container after the one that `told`, its picture, ends with: while the group is being
 * ended, and in spite of Never. What Azure has of its output is of that run.
 */
export function laterRun(
  { properties }: ContainerGroup,
  told: Pick<ContainerState, "name" | "instance">,
): RunView | undefined {
  const all = [...(properties?.initContainers ?? []), ...(properties?.containers ?? [])];
  const view = all.find(({ name }) => name === told.name)?.properties?.instanceView;
  return (view?.restartCount ?? 0) > told.instance ? (view?.currentState ?? {}) : undefined;
}

/** Is this a group of a pod that never restarts, in which a container runs again or has? Then it is to be ended. */
export function isToEnd({ properties }: ContainerGroup): boolean {
  const all = [...(properties?.initContainers ?? []), ...(properties?.containers ?? [])];
  const views = all.map((container) => container.properties?.instanceView ?? {});
  return properties?.restartPolicy === "Never" && views.some(ranAgain);
}

function ranAgain({ restartCount, previousState }: ContainerView): boolean {
  return (restartCount ?? 0) > 0 || previousState?.state === "Terminated";
}
