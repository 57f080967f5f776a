/** What a container group is called, and how it says whose it is. Pure. */
import { createHash } from "node:crypto";
import type { TaskIdentity } from "../../src/provider.ts";

/** Names this node: nothing that does not carry both marks is ever touched. */
export interface Owner {
  readonly clusterUid: string;
  readonly nodeName: string;
}

/**
 * `bl-` and 32 hexadecimal characters of the launch's token, which is a hash of (cluster, pod's uid, attempt, try). Azure
 * allows 63 lowercase letters, digits and single hyphens, and namespace and name of a pod joined by one are not unique.
 * A name has one region for as long as it exists, so that each try, which may go to another one, needs its own.
 */
export function groupName(token: string): string {
  return `bl-${token.slice(0, 32)}`;
}

/** Azure takes volumes' names of 5 to 63 characters without a double hyphen, Kubernetes shorter ones and with it. */
export function volumeName(index: number): string {
  return `volume-${index}`;
}

/** Names of tags: no `/`, which ARM refuses there, so not the names that other clouds use. */
const tags = {
  cluster: "burstlet-cluster",
  node: "burstlet-node",
  podUid: "burstlet-pod-uid",
  attempt: "burstlet-attempt",
  namespace: "burstlet-namespace",
  pod: "burstlet-pod",
  sidecars: "burstlet-sidecars",
} as const;

/** Characters of a tag's value (ARM). */
export const longestTag = 256;

export type Tags = Readonly<Record<string, string>>;

export interface PodTags {
  readonly namespace: string;
  readonly name: string;
  /** Names of the containers that are sidecars in the pod: in the group they are containers like others. */
  readonly sidecars: readonly string[];
}

/** What the launch adds to the tags of the request. */
export function identityTags({ clusterUid, podUid, attempt }: TaskIdentity, nodeName: string): Tags {
  return {
    [tags.cluster]: clusterMark(clusterUid),
    [tags.node]: nodeName,
    [tags.podUid]: podUid,
    [tags.attempt]: String(attempt),
  };
}

export function podTags({ namespace, name, sidecars }: PodTags): Tags {
  return {
    [tags.namespace]: namespace,
    [tags.pod]: name,
    ...(sidecars.length > 0 && { [tags.sidecars]: joined(sidecars) }),
  };
}

export function joined(sidecars: readonly string[]): string {
  return sidecars.join(",");
}

/** The identity of a group of this node in this cluster; `undefined` for everybody else's. */
export function identityOf(found: Tags | undefined, { clusterUid, nodeName }: Owner): TaskIdentity | undefined {
  const told = byName(found);
  const podUid = told(tags.podUid) ?? "";
  const attempt = told(tags.attempt) ?? "";
  const isOurs = told(tags.cluster) === clusterMark(clusterUid) && told(tags.node) === nodeName;
  if (!isOurs || podUid === "" || !/^[1-9]\d{0,8}$/.test(attempt)) return undefined;
  return { clusterUid, podUid, attempt: Number(attempt) };
}

export function podOf(found: Tags | undefined): PodTags {
  const told = byName(found);
  const sidecars = told(tags.sidecars) ?? "";
  return {
    namespace: told(tags.namespace) ?? "",
    name: told(tags.pod) ?? "",
    sidecars: sidecars === "" ? [] : sidecars.split(","),
  };
}

/** ARM keeps the case of a tag's name and does not distinguish it, so that a policy may have changed it. */
function byName(found: Tags = {}): (name: string) => string | undefined {
  const lower = new Map(Object.entries(found).map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => lower.get(name);
}

/** The cluster's uid as it is, so that people find it; a `clusterID` may be any text. */
function clusterMark(clusterUid: string): string {
  return clusterUid.length <= longestTag ? clusterUid : createHash("sha256").update(clusterUid).digest("hex");
}
