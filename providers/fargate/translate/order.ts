/** Which container waits for which, and whose end is the end of the task. Pure. */
import type { ContainerDefinition, ContainerDependency } from "@aws-sdk/client-ecs";
import { type ResolvedContainer, type ResolvedPod, writtenOf } from "../../../src/provider.ts";
import { injectedName } from "../files/injected.ts";
import { labels } from "../request.ts";
import { checkOf } from "./health-check.ts";

export interface Place {
  readonly essential: boolean;
  readonly dependsOn: readonly ContainerDependency[];
}

/**
 * By name. ECS stops a task when one of its essential containers ends, whatever the exit code. `injected`: files must be
 * there before the first of the row begins.
 */
export function placesOf(pod: ResolvedPod, injected: boolean): ReadonlyMap<string, Place> {
  const together = !endsOneByOne(pod);
  const places = new Map<string, Place>();
  let dependsOn: readonly ContainerDependency[] = injected
    ? [{ containerName: injectedName, condition: "SUCCESS" }]
    : [];
  for (const container of pod.containers) {
    places.set(container.name, { essential: together && container.kind === "main", dependsOn });
    dependsOn = afterIt(pod, container) ?? dependsOn;
  }
  return places;
}

/** What the next in the row waits for; it comes after the earlier ones, because this one does. */
function afterIt(pod: ResolvedPod, container: ResolvedContainer): readonly ContainerDependency[] | undefined {
  if (container.kind === "init") return [{ containerName: container.name, condition: "SUCCESS" }];
  if (container.kind !== "sidecar") return undefined;
  const waits = checkOf(writtenOf(pod.pod, container))?.probes.includes("startup") === true;
  return [{ containerName: container.name, condition: waits ? "HEALTHY" : "START" }];
}

/** Are there several main containers, one of which may end for good while the others go on? */
function endsOneByOne(pod: ResolvedPod): boolean {
  const mains = pod.containers.filter(({ kind }) => kind === "main");
  const forEver = mains.every((main) => {
    const { restartPolicy = pod.restartPolicy, restartPolicyRules = [] } = writtenOf(pod.pod, main).container;
    return restartPolicy === "Always" && restartPolicyRules.length === 0;
  });
  return mains.length > 1 && !forEver;
}

/** No container of a pod can have this name: Kubernetes allows no underscore. */
export const sentinelName = "burstlet_sentinel";

/**
 * Where none of several main containers may be essential, a helper is: it ends when the last of them has ended. A
 * dependency of it with condition COMPLETE would do the same, but would keep the task PENDING as long as they run. It
 * waits for the same containers as they do, so that a failed init container, after which they never start, ends it too.
 */
export function sentinelOf(pod: ResolvedPod, image: string, injected: boolean): ContainerDefinition | undefined {
  if (!endsOneByOne(pod)) return undefined;
  const mains = pod.containers.filter(({ kind }) => kind === "main").map(({ name }) => name);
  const dependsOn = placesOf(pod, injected).get(mains[0] ?? "")?.dependsOn ?? [];
  return {
    name: sentinelName,
    image,
    essential: true,
    entryPoint: ["/bin/sh", "-c"],
    command: [sentinelScript(mains)],
    ...(dependsOn.length > 0 && { dependsOn: [...dependsOn] }),
    dockerLabels: { [labels.kind]: "helper", [labels.index]: String(pod.containers.length) },
  };
}

/**
 * The task metadata endpoint (version 4) answers in JSON, each container from its DockerId on. One line for each, then
 * the lines of the main containers that have stopped are counted. Names are DNS labels and need no quoting. Some builds of
 * busybox 1.35 crash in wget's own -T.
 */
function sentinelScript(mains: readonly string[]): string {
  return [
    `trap "exit 0" TERM`,
    `ended() { timeout 5 wget -q -O - "$ECS_CONTAINER_METADATA_URI_V4/task" | tr -d " \\n" | sed 's/"DockerId"/\\n&/g' ` +
      `| grep -E '"Name":"(${mains.join("|")})"' | grep -c '"KnownStatus":"STOPPED"'; }`,
    `until [ "$(ended)" = ${mains.length} ]; do sleep 1; done`,
  ].join("\n");
}
