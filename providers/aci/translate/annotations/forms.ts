/** What pods may say by annotations of ours: what each looks like, and whether it needs a grant. Pure. */
import { identityId, subnetId } from "../../config.ts";

export const prefix = "aci.burstlet.dev/";

export const podAnnotations = {
  identities: `${prefix}identities`,
  subnet: `${prefix}subnet`,
  dnsNameLabel: `${prefix}dns-name-label`,
  priority: `${prefix}priority`,
  sku: `${prefix}sku`,
  ccePolicy: `${prefix}cce-policy`,
  zone: `${prefix}zone`,
} as const;

export type Key = keyof typeof podAnnotations;
export const keys = Object.keys(podAnnotations) as readonly Key[];

/** Of an annotation: what its values look like, how many there may be, in words, and whether each needs a grant. */
interface Form {
  readonly fits: (value: string) => boolean;
  readonly most: number;
  readonly words: string;
  readonly granted: boolean;
}

export const forms: Readonly<Record<Key, Form>> = {
  identities: {
    fits: (value) => identityId.safeParse(value).success,
    most: 20,
    words: "1 to 20 resource ids of user-assigned managed identities, separated by commas",
    granted: true,
  },
  subnet: {
    fits: (value) => subnetId.safeParse(value).success,
    most: 1,
    words: "the resource id of one subnet",
    granted: true,
  },
  dnsNameLabel: {
    fits: (value) => /^[a-z][a-z0-9-]{1,61}[a-z0-9]$/.test(value),
    most: 1,
    words: "3 to 63 lowercase letters, digits and hyphens, with a letter first and no hyphen last",
    granted: false,
  },
  priority: { fits: oneOf("Regular", "Spot"), most: 1, words: "Regular or Spot", granted: false },
  sku: { fits: oneOf("Standard", "Confidential"), most: 1, words: "Standard or Confidential", granted: false },
  ccePolicy: {
    fits: (value) => value !== "" && Buffer.from(value, "base64").toString("base64") === value,
    most: 1,
    words: "a policy in base64, as az confcom acipolicygen makes it",
    granted: false,
  },
  zone: { fits: (value) => /^\d$/.test(value), most: 1, words: "the number of one availability zone", granted: false },
};

function oneOf(...values: readonly string[]): (value: string) => boolean {
  return (value) => values.includes(value);
}
