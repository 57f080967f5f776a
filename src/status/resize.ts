/**
 * What a container was launched with, as the API server keeps it, and the answer to a resize of a pod that runs (KEP-1287):
 * no provider resizes in place yet, so `Infeasible`. Pure.
 */
import type { Container, ContainerStatus, Pod } from "../model/kube.ts";

type Resources = NonNullable<ContainerStatus["resources"]>;

/**
 * The status with the resources that count: those of the spec until the task is launched, those that were told then from
 * there on. `before`: as the API server shows it.
 */
export function withResources(
  status: ContainerStatus,
  spec: Container,
  before: ContainerStatus | undefined,
  launched: boolean,
): ContainerStatus {
  // What has ended in an earlier attempt stays as it is.
  if (status === before) return status;
  const resources = (launched ? before?.resources : undefined) ?? resourcesOf(spec);
  return { ...status, resources, ...(resources.requests && { allocatedResources: resources.requests }) };
}

/** Words for the condition PodResizePending; `undefined` while every container has what its spec says. */
export function infeasibleResize(
  { spec }: Pod,
  statuses: readonly ContainerStatus[],
): { readonly reason: string; readonly message: string } | undefined {
  const specs = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const differing = specs.filter((one) => {
    const granted = statuses.find(({ name }) => name === one.name)?.resources;
    return granted !== undefined && textOf(granted) !== textOf(resourcesOf(one));
  });
  if (differing.length === 0) return undefined;
  const names = differing.map(({ name }) => name).join(", ");
  const message =
    `a virtual node does not change the resources of containers that run (${names}): ` +
    "delete the pod to have it run with the new ones";
  return { reason: "Infeasible", message };
}

function resourcesOf({ resources: { limits, requests } = {} }: Container): Resources {
  return { ...(limits !== undefined && { limits }), ...(requests !== undefined && { requests }) };
}

/** Whatever the order of keys. */
function textOf({ limits = {}, requests = {} }: Resources): string {
  const lines = [limits, requests].map((amounts) => Object.entries(amounts).map((pair) => pair.join("=")));
  return JSON.stringify(lines.map((list) => list.toSorted()));
}
