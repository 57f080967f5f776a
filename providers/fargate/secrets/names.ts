/** What burstlet's secrets are called, wherever they are kept. Pure. */
import { createHmac } from "node:crypto";
import type { SecretText } from "../../../src/provider.ts";
import { clusterMark, nodeMark, type Owner } from "../identity.ts";

/** Of all that this node keeps there; the execution role may read what begins with `burstlet/`. */
export function prefixOf({ clusterUid, nodeName }: Owner): string {
  return `burstlet/${clusterMark(clusterUid)}/${nodeMark(nodeName)}/`;
}

/** By its content, so that pods that need the same share one; keyed, so that nobody who sees names can try out what they stand for. */
export function secretName(owner: Owner, key: SecretText, content: SecretText): string {
  return prefixOf(owner) + createHmac("sha256", key.reveal()).update(content.reveal()).digest("hex");
}

/** Where the key is kept: beside the others, so that no execution role reads it. One for a cluster. */
export function keyName({ clusterUid }: Pick<Owner, "clusterUid">): string {
  return `burstlet-key/${clusterMark(clusterUid)}`;
}

/** Of an ARN: that of a secret ends in a hyphen and six characters that are AWS's. */
export function nameIn(arn: string): string {
  const [, elsewhere] = arn.split(/:parameter\/|:s3:::[^/]+\//);
  return elsewhere ?? (arn.split(":secret:")[1] ?? "").replace(/-[A-Za-z0-9]{6}$/, "");
}
