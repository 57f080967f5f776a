/** Containers of a pod as those of a group. Pure. */
import { type ResolvedContainer, type ResolvedPod, writtenOf } from "../../../src/provider.ts";
import type { ContainerBody, ContainerProperties, InitContainerBody } from "../request.ts";
import { smallest, type Size } from "../size/sizes.ts";
import { wordsOf } from "./environment.ts";
import { portsByContainer } from "./network.ts";
import { livenessOf } from "./probes.ts";
import { securityOf } from "./security.ts";
import { mountsOf } from "./volumes.ts";

/** Sidecars, which Azure does not know, are containers like the main ones, and come before them. */
export function groupContainers(pod: ResolvedPod, size: Size): readonly ContainerBody[] {
  const ports = portsByContainer(pod);
  return pod.containers
    .filter(({ kind }) => kind === "sidecar" || kind === "main")
    .map((container): ContainerBody => {
      const own = ports.get(container.name) ?? [];
      const livenessProbe = livenessOf(writtenOf(pod.pod, container).container);
      return {
        name: container.name,
        properties: {
          ...propertiesOf(pod, container),
          ...(own.length > 0 && { ports: own }),
          resources: size.containers.get(container.name) ?? { requests: smallest, limits: smallest },
          ...(livenessProbe && { livenessProbe }),
        },
      };
    });
}

export function groupInitContainers(pod: ResolvedPod): readonly InitContainerBody[] {
  return pod.containers
    .filter(({ kind }) => kind === "init")
    .map((container) => ({ name: container.name, properties: propertiesOf(pod, container) }));
}

function propertiesOf(pod: ResolvedPod, container: ResolvedContainer): ContainerProperties {
  const volumeMounts = mountsOf(pod, container);
  const securityContext = securityOf(pod.pod, writtenOf(pod.pod, container).container);
  return {
    image: container.image,
    ...wordsOf(pod, container),
    ...(volumeMounts && { volumeMounts }),
    ...(securityContext && { securityContext }),
  };
}
