/** The body of the PUT that makes a group. The one place where secrets are opened: call it when it goes to Azure. */
import { SecretText, type TaskIdentity } from "../../../src/provider.ts";
import { identityTags } from "../names.ts";
import { type AciRequest, FileBytes, type Place } from "../request.ts";

/**
 * The nth try goes to the nth place, and to the first again after the last. So does the nth attempt: where a group is taken
 * and cannot be provisioned later, the pod goes elsewhere.
 */
export function placeOf({ places }: AciRequest, attempt: number, tryNumber: number): Place {
  const place = places[(attempt - 1 + tryNumber - 1) % places.length];
  if (place === undefined) throw new RangeError("a request has a place, and attempts and tries count from 1");
  return place;
}

export function putBody(
  { group }: AciRequest,
  { location, subnet }: Place,
  who: { readonly identity: TaskIdentity; readonly nodeName: string },
): Readonly<Record<string, unknown>> {
  return opened({
    location,
    ...group,
    tags: { ...group.tags, ...identityTags(who.identity, who.nodeName) },
    properties: { ...group.properties, ...(subnet !== undefined && { subnetIds: [{ id: subnet }] }) },
  }) as Readonly<Record<string, unknown>>;
}

function opened(value: unknown): unknown {
  if (value instanceof SecretText) return value.reveal();
  if (value instanceof FileBytes) return base64(value);
  if (Array.isArray(value)) return value.map(opened);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, opened(inner)]));
}

function base64({ content, encoding }: FileBytes): string {
  const text = content instanceof SecretText ? content.reveal() : content;
  return encoding === "base64" ? text : Buffer.from(text, "utf8").toString("base64");
}
