/** From a manifest file to a static pod and the mirror pod that shows it in the cluster. Pure. */
import { createHash } from "node:crypto";
import { parseAllDocuments } from "yaml";
import type { Pod } from "../../model/kube.ts";

/** The kubelet's annotations: by them kubectl, drain and the API server know a mirror pod. */
const mirrorAnnotation = "kubernetes.io/config.mirror";
const hashAnnotation = "kubernetes.io/config.hash";
const sourceAnnotation = "kubernetes.io/config.source";

export interface StaticPod {
  /** Of the manifest and the node: the pod's uid wherever burstlet and its provider speak of it. */
  readonly hash: string;
  /** `namespace/name` of the mirror pod. */
  readonly key: string;
  /** What is created at the API server. */
  readonly mirror: Pod;
}

/** One pod, as YAML or JSON. As with the kubelet, the node's name is added to the pod's. */
export function readManifest(text: string, nodeName: string): StaticPod | { readonly problem: string } {
  const [document, ...others] = parseAllDocuments(text);
  if (document === undefined || others.length > 0) return { problem: "a manifest is one document with one pod" };
  const [error] = document.errors;
  if (error !== undefined) return { problem: `not YAML: ${error.message}` };
  const pod = document.toJS() as (Pod & { kind?: unknown; apiVersion?: unknown }) | null;
  if (pod?.kind !== "Pod" || pod.apiVersion !== "v1") return { problem: "not a Pod of apiVersion v1" };
  const { metadata = {}, spec } = pod;
  if (typeof metadata.name !== "string" || spec === undefined || spec === null) {
    return { problem: "a pod has metadata.name and spec" };
  }
  const hash = createHash("sha256")
    .update(JSON.stringify([nodeName, pod]))
    .digest("hex")
    .slice(0, 32);
  const name = `${metadata.name}-${nodeName}`;
  const namespace = metadata.namespace ?? "default";
  const annotations = {
    ...metadata.annotations,
    [mirrorAnnotation]: hash,
    [hashAnnotation]: hash,
    [sourceAnnotation]: "file",
  };
  return {
    hash,
    key: `${namespace}/${name}`,
    mirror: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace, labels: metadata.labels ?? {}, annotations },
      // The kubelet's: no taint of its own node ends a static pod.
      spec: {
        ...spec,
        nodeName,
        tolerations: [...(spec.tolerations ?? []), { operator: "Exists", effect: "NoExecute" }],
      },
    },
  };
}

/** The hash that a mirror pod carries; `undefined`: it is none. */
export function mirroredHash(pod: Pod): string | undefined {
  return pod.metadata?.annotations?.[mirrorAnnotation];
}

/** As the node's own rooms know it: by its hash, and alive whatever is done to the mirror. */
export function asStatic(mirror: Pod, hash: string): Pod {
  const { deletionTimestamp: _, deletionGracePeriodSeconds: _grace, ...metadata } = mirror.metadata ?? {};
  return { ...mirror, metadata: { ...metadata, uid: hash } };
}

/** A static pod before its mirror is there: older than everything the API server tells of it. */
export function unmirrored({ mirror, hash }: StaticPod): Pod {
  return { ...mirror, metadata: { ...mirror.metadata, uid: hash, generation: 1, resourceVersion: "0" } };
}
