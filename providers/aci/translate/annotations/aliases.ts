/**
 * Annotations of azure-aci, which is virtual-kubelet's own provider for Azure, and of Microsoft's virtual nodes on ACI, as pods
 * have them that come from there. Names and values: azure-aci's sources, and the page on pods of virtual nodes. Pure.
 */
import type { ResolvedPod } from "../../../../src/provider.ts";
import type { Key } from "./forms.ts";

/** Another name of an annotation of ours, whose value may be written otherwise; or why there is nothing like it. */
export type Alias =
  | { readonly key: Key; readonly value?: (theirs: string) => string }
  | { readonly refusal: (theirs: string, pod: ResolvedPod) => string | undefined };

const azureAci = "virtual-kubelet.io/";
const virtualNode = "microsoft.containerinstance.virtualnode.";

const never =
  (sentence: string): ((theirs: string) => string) =>
  () =>
    sentence;

export const aliases: Readonly<Record<string, Alias>> = {
  "virtualkubelet.io/dnsnamelabel": { key: "dnsNameLabel" },
  [`${azureAci}container-sku`]: { key: "sku", value: (theirs) => capitalised(theirs) },
  [`${azureAci}confidential-compute-cce-policy`]: { key: "ccePolicy" },
  [`${azureAci}gpu-type`]: { refusal: never("Azure has no GPUs in container groups any more: remove it.") },
  [`${virtualNode}ccepolicy`]: { key: "ccePolicy" },
  [`${virtualNode}subnets.primary`]: { key: "subnet" },
  [`${virtualNode}identity`]: { key: "identities" },
  // They are separated by semicolons, and Azure takes one.
  [`${virtualNode}zones`]: { key: "zone", value: (theirs) => theirs.replace(/;$/, "") },
  [`${virtualNode}injectkubeproxy`]: {
    refusal: (theirs) =>
      theirs === "false"
        ? undefined
        : "Nothing in a group translates ClusterIPs here: reach Services by addresses that have a route, and set it to false.",
  },
  [`${virtualNode}injectdns`]: {
    refusal: (theirs, { pod, dns }) => {
      if (theirs !== "false" || dns.policy === "cloud" || pod.spec?.dnsPolicy === "None") return undefined;
      return "The node gives pods the cluster's resolver: set dnsPolicy: Default for Azure's, and remove this annotation.";
    },
  },
  [`${virtualNode}imagecachepod`]: {
    refusal: never("There are no standby pools here, whose images could be cached: remove it."),
  },
  [`${virtualNode}customtags`]: { refusal: never("Groups have burstlet's own tags alone: remove it.") },
};

/** Of a name that is not in the table; `undefined`: it is nobody's. */
export function strangeRefusal(name: string): string | undefined {
  if (!name.startsWith(virtualNode) || Object.hasOwn(aliases, name)) return undefined;
  if (name.startsWith(`${virtualNode}cmk.`)) return "Groups are encrypted by keys of Azure's own here: remove it.";
  const known = Object.keys(aliases).filter((one) => one.startsWith(virtualNode));
  return `Of Microsoft's virtual nodes only ${known.join(", ")} mean something here.`;
}

/** azure-aci does not distinguish cases. */
function capitalised(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1).toLowerCase()}`;
}
