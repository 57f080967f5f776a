import type { Pod } from "../model/kube.ts";
import type { ResolvedPod } from "../model/resolved-pod.ts";
import { containersOf } from "./container.ts";
import { resolvedResources } from "./downward.ts";
import type { Surroundings } from "./env.ts";
import { earliestRefresh, gather } from "./gather.ts";
import { dnsOf, hostnameOf } from "./network.ts";
import { pullCredentialsOf } from "./pull-secrets.ts";
import { collect, type Finds, type Resolution, type ResolveNode, type ResolveSources } from "./resolution.ts";
import { serviceVariables } from "./service-links.ts";
import { volumesOf } from "./volumes.ts";

export type * from "./resolution.ts";

/**
 * Resolves everything Kubernetes-specific of a pod, or tells every reason why it cannot be. Asks for each ConfigMap,
 * Secret and token once, all at the same time; what these calls fail with becomes a problem, so it rejects only for
 * an object that is no pod. Call it again when something `missing` may have appeared.
 */
export async function resolve(pod: Pod, sources: ResolveSources, node: ResolveNode): Promise<Resolution> {
  const gathered = await gather(pod, sources, node);
  const variables = serviceVariables(sources.services(), gathered.namespace, pod.spec?.enableServiceLinks !== false);
  const { value, problems, warnings } = collect(resolvedPod({ pod, node, gathered, serviceVariables: variables }));
  if (problems.length > 0) return { ok: false, problems, warnings };
  return { ok: true, pod: value, warnings, refreshAt: earliestRefresh(gathered) };
}

function* resolvedPod(around: Surroundings): Finds<ResolvedPod> {
  const { pod, node, gathered } = around;
  const { metadata, spec } = pod;
  if (metadata?.uid === undefined || metadata.name === undefined || spec === undefined || spec === null) {
    throw new TypeError("a pod has metadata.uid, metadata.name and spec");
  }
  const { hostname, domain } = yield* hostnameOf(pod, node);
  const volumes = yield* volumesOf(around);
  return {
    uid: metadata.uid,
    namespace: gathered.namespace,
    name: metadata.name,
    nodeName: node.name,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    serviceAccountName: spec.serviceAccountName ?? "",
    hostname,
    domain,
    hostAliases: (spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => ({ ip, hostnames })),
    dns: yield* dnsOf(pod, node),
    restartPolicy: (spec.restartPolicy as ResolvedPod["restartPolicy"] | undefined) ?? "Always",
    graceSeconds: graceOf(spec.terminationGracePeriodSeconds),
    ...(spec.resources && { resources: yield* resolvedResources(spec, { path: "spec.resources" }) }),
    containers: yield* containersOf(around, volumes),
    volumes,
    pullCredentials: yield* pullCredentialsOf(around),
    pod,
  };
}

/** 30 s is the API's default; a negative period counts as one second, as the API documents. */
function graceOf(seconds = 30): number {
  return seconds < 0 ? 1 : seconds;
}
