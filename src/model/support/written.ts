/** A pod's containers and volumes as its author wrote them, beside what they resolve to. Pure. */
import type { Pod } from "../kube.ts";
import type { ResolvedContainer } from "../resolved-pod.ts";
import type { ContainerKind } from "../task-state.ts";

export type RawContainer = NonNullable<Pod["spec"]>["containers"][number];
export type RawVolume = NonNullable<NonNullable<Pod["spec"]>["volumes"]>[number];

export interface Written {
  readonly container: RawContainer;
  readonly kind: Exclude<ContainerKind, "ephemeral">;
  /** `spec.initContainers[1]` */
  readonly path: string;
}

/** Init containers and sidecars in order, then the main ones. */
export function writtenContainers({ spec }: Pod): readonly Written[] {
  return [
    ...(spec?.initContainers ?? []).map((container, index) => ({
      container,
      kind: container.restartPolicy === "Always" ? ("sidecar" as const) : ("init" as const),
      path: `spec.initContainers[${index}]`,
    })),
    ...(spec?.containers ?? []).map((container, index) => ({
      container,
      kind: "main" as const,
      path: `spec.containers[${index}]`,
    })),
  ];
}

/** What this resolved container is made of. */
export function writtenOf(pod: Pod, { name }: Pick<ResolvedContainer, "name">): Written {
  const found = writtenContainers(pod).find(({ container }) => container.name === name);
  return found ?? { container: { name }, kind: "main", path: `spec.containers (${name})` };
}

/** The volume that Kubernetes adds to nearly every pod: token, certificate and namespace for calls of the API server. */
export function isAutomountedToken({ name, projected }: { name: string; projected?: unknown }): boolean {
  return projected !== undefined && projected !== null && name.startsWith("kube-api-access-");
}

/** Where a volume of this name stands in the pod, e.g. `spec.volumes[2]`. */
export function volumePath({ spec }: Pod, name: string): string {
  const index = (spec?.volumes ?? []).findIndex((volume) => volume.name === name);
  return index < 0 ? `spec.volumes (${name})` : `spec.volumes[${index}]`;
}
