/**
 * How a task is recognised in the engine: names make a second creation impossible (the engine refuses a name twice),
 * labels are what a restart of burstlet reads. Pure.
 */
import { createHash } from "node:crypto";
import type { ContainerKind, TaskIdentity } from "../../../../src/provider.ts";
import type { TaskSpec } from "../runtime.ts";

export const labels = {
  cluster: "dev.burstlet.cluster",
  node: "dev.burstlet.node",
  podUid: "dev.burstlet.pod-uid",
  podNamespace: "dev.burstlet.pod-namespace",
  podName: "dev.burstlet.pod-name",
  attempt: "dev.burstlet.attempt",
  token: "dev.burstlet.token",
  /** ContainerKind, or `sandbox`. */
  kind: "dev.burstlet.kind",
  container: "dev.burstlet.container",
  instance: "dev.burstlet.instance",
  /** On the sandbox: JSON of every container's name, kind and image, so that the engine alone tells what the task is. */
  containers: "dev.burstlet.containers",
} as const;

/** The task's id: all its names in the engine begin with it. 64 bits of hash: no collision within one engine. */
export function taskName(identity: TaskIdentity): string {
  const text = [identity.clusterUid, identity.podUid, identity.attempt].join("/");
  return `bl-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

export function sandboxName(task: string): string {
  return `${task}-sandbox`;
}

/** Of the container that ends this node's abandoned commands. It never begins like a task's: `k` is no digit of a hash. */
export function killerName(clusterUid: string, nodeName: string): string {
  const text = [clusterUid, nodeName].join("/");
  return `bl-kill-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

/** `instance` is a number, so no container can take the sandbox's name. */
export function runName(task: string, container: string, instance: number): string {
  return `${task}-${container}-${instance}`;
}

/** One run of one container within its task. */
export function runKey(container: string, instance: number): string {
  return `${container}/${instance}`;
}

/** One hook of one run within its task. */
export function hookKey(hook: "postStart" | "preStop", container: string, instance: number): string {
  return `${hook}:${runKey(container, instance)}`;
}

export function nodeFilter(clusterUid: string, nodeName: string): readonly string[] {
  return [`${labels.cluster}=${clusterUid}`, `${labels.node}=${nodeName}`];
}

export function identityFilter(identity: TaskIdentity): readonly string[] {
  return [
    `${labels.cluster}=${identity.clusterUid}`,
    `${labels.podUid}=${identity.podUid}`,
    `${labels.attempt}=${identity.attempt}`,
  ];
}

/** On everything of a task: containers and volumes. */
export function taskLabels(spec: TaskSpec): Record<string, string> {
  return {
    [labels.cluster]: spec.identity.clusterUid,
    [labels.node]: spec.nodeName,
    [labels.podUid]: spec.identity.podUid,
    [labels.attempt]: String(spec.identity.attempt),
    [labels.podNamespace]: spec.podNamespace,
    [labels.podName]: spec.podName,
    [labels.token]: spec.token,
  };
}

export function sandboxLabels(spec: TaskSpec): Record<string, string> {
  const containers = spec.containers.map(({ name, kind, image }) => ({ name, kind, image }));
  return { ...taskLabels(spec), [labels.kind]: "sandbox", [labels.containers]: JSON.stringify(containers) };
}

export function runLabels(
  spec: TaskSpec,
  container: { name: string; kind: ContainerKind },
  instance: number,
): Record<string, string> {
  return {
    ...taskLabels(spec),
    [labels.kind]: container.kind,
    [labels.container]: container.name,
    [labels.instance]: String(instance),
  };
}

/** Whose container is this? `undefined` when our labels are not all there. */
export function identityOf(found: Readonly<Record<string, string>> | null): TaskIdentity | undefined {
  const [clusterUid, podUid, attempt] = [
    found?.[labels.cluster],
    found?.[labels.podUid],
    Number(found?.[labels.attempt]),
  ];
  if (clusterUid === undefined || podUid === undefined || !Number.isInteger(attempt)) return undefined;
  return { clusterUid, podUid, attempt };
}
