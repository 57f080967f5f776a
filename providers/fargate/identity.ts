/** How a task in ECS says whose it is. Pure. */
import { createHash } from "node:crypto";
import type { TaskIdentity } from "../../src/provider.ts";

/** Names this node: nothing that does not carry both marks is ever touched. */
export interface Owner {
  readonly clusterUid: string;
  readonly nodeName: string;
}

/**
 * RunTask's `startedBy`: `bl/<cluster>/<node>/<pod uid>/<attempt>`. The one thing that stays with a task to its end and
 * comes with every answer and event: tags vanish at StopTask. At most 128 characters, only letters, digits, - _ and /.
 */
export function startedBy({ clusterUid, podUid, attempt }: TaskIdentity, nodeName: string): string {
  return ["bl", clusterMark(clusterUid), nodeMark(nodeName), podUid, attempt].join("/");
}

const form = /^bl\/([A-Za-z0-9-]{1,36})\/([0-9a-f]{10})\/([A-Za-z0-9_-]{1,63})\/([1-9]\d{0,8})$/;

/** The identity of a task of this node in this cluster; `undefined` for everybody else's. */
export function identityOf(text: string | undefined, { clusterUid, nodeName }: Owner): TaskIdentity | undefined {
  const [, cluster, node, podUid, attempt] = form.exec(text ?? "") ?? [];
  if (podUid === undefined || cluster !== clusterMark(clusterUid) || node !== nodeMark(nodeName)) return undefined;
  return { clusterUid, podUid, attempt: Number(attempt) };
}

/** For people and cost reports, beside what the request brings: StopTask deletes a task's tags. */
export function ownerTags({ clusterUid, nodeName }: Owner): { key: string; value: string }[] {
  return [
    { key: "burstlet.dev/cluster", value: clusterUid },
    { key: "burstlet.dev/node", value: nodeName },
  ];
}

/** The cluster's uid where it fits, so that people find it; a `clusterID` may be any text. */
export function clusterMark(clusterUid: string): string {
  return /^[A-Za-z0-9-]{1,36}$/.test(clusterUid) ? clusterUid : sha256(clusterUid).slice(0, 32);
}

/** A node's name may have 253 characters and dots. */
export function nodeMark(nodeName: string): string {
  return sha256(nodeName).slice(0, 10);
}

/** Of the few clusters and nodes of a process; asked for again with every task of every answer. */
const hashes = new Map<string, string>();

function sha256(text: string): string {
  const known = hashes.get(text) ?? createHash("sha256").update(text).digest("hex");
  hashes.set(text, known);
  return known;
}
