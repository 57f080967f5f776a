/**
 * What a container was launched with, as the API server keeps it, and what becomes of a resize of a pod that runs
 * (KEP-1287): done by a provider that can, else `Infeasible`. Pure.
 */
import type { Container, ContainerStatus, Pod } from "../model/kube.ts";

type Resources = NonNullable<ContainerStatus["resources"]>;

/**
 * What the task was given last, by container, whether the API server shows it yet or not. `undefined`: something else
 * was asked for, and nobody said that it is done.
 */
export type Given = ReadonlyMap<string, Resources | undefined>;

/** What the node knows of resizes, beside the pod. */
export interface Resizing {
  readonly given: Given;
  /** The last try's failure. `refused`: it can never be done here, as far as the provider knows. */
  readonly trouble?: { readonly message: string; readonly refused: boolean } | undefined;
}

/** A condition of the pod, for as long as a resize is not done. */
export interface ResizeVerdict {
  readonly type: "PodResizePending" | "PodResizeInProgress";
  readonly reason?: string;
  readonly message?: string;
}

/**
 * The status with the resources that count: those of the spec until the task is launched, those that were told then from
 * there on, or those that the task was given since. `before`: as the API server shows it.
 */
export function withResources(
  status: ContainerStatus,
  spec: Container,
  before: ContainerStatus | undefined,
  { launched, given }: { readonly launched: boolean; readonly given: Resources | undefined },
): ContainerStatus {
  // What has ended in an earlier attempt stays as it is.
  if (status === before) return status;
  const resources = given ?? (launched ? before?.resources : undefined) ?? resourcesOf(spec);
  return { ...status, resources, ...(resources.requests && { allocatedResources: resources.requests }) };
}

/** `resizing`: absent where the provider changes nothing of a live task. `undefined` while every container has what its spec says. */
export function resizeVerdict(
  pod: Pod,
  statuses: readonly ContainerStatus[],
  resizing: Resizing | undefined,
): ResizeVerdict | undefined {
  const unlike = differing(pod, statuses, resizing?.given ?? new Map());
  if (unlike.length === 0) return undefined;
  if (resizing === undefined) {
    const names = unlike.map(({ name }) => name).join(", ");
    const message =
      `a virtual node does not change the resources of containers that run (${names}): ` +
      "delete the pod to have it run with the new ones";
    return { type: "PodResizePending", reason: "Infeasible", message };
  }
  const { trouble } = resizing;
  if (trouble === undefined) return { type: "PodResizeInProgress" };
  const { message, refused } = trouble;
  if (refused) return { type: "PodResizePending", reason: "Infeasible", message };
  return { type: "PodResizeInProgress", reason: "Error", message };
}

/** The containers that a provider is to give other resources. */
export function resizesDue(pod: Pod, given: Given): readonly Container[] {
  return differing(pod, statusesOf(pod), given);
}

/** Does a container that is resized ask to be started anew for what is changed (resizePolicy)? */
export function wantsRestart(pod: Pod, container: Container, given: Given): boolean {
  const told = statusesOf(pod).find(({ name }) => name === container.name)?.resources;
  const [had, wanted] = [given.get(container.name) ?? told ?? {}, resourcesOf(container)];
  return (container.resizePolicy ?? []).some(({ resourceName: name, restartPolicy }) => {
    if (restartPolicy !== "RestartContainer") return false;
    return had.limits?.[name] !== wanted.limits?.[name] || had.requests?.[name] !== wanted.requests?.[name];
  });
}

export function resourcesOf({ resources: { limits, requests } = {} }: Container): Resources {
  return { ...(limits !== undefined && { limits }), ...(requests !== undefined && { requests }) };
}

function differing({ spec }: Pod, statuses: readonly ContainerStatus[], given: Given): readonly Container[] {
  const specs = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return specs.filter((one) => {
    if (given.has(one.name)) return textOf(given.get(one.name)) !== textOf(resourcesOf(one));
    const told = statuses.find(({ name }) => name === one.name)?.resources;
    return told !== undefined && textOf(told) !== textOf(resourcesOf(one));
  });
}

function statusesOf({ status }: Pod): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

/** Whatever the order of keys. */
function textOf(resources: Resources | undefined): string | undefined {
  if (resources === undefined) return undefined;
  const lines = [resources.limits ?? {}, resources.requests ?? {}].map((amounts) =>
    Object.entries(amounts).map((pair) => pair.join("=")),
  );
  return JSON.stringify(lines.map((list) => list.toSorted()));
}
