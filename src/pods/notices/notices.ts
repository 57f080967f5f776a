/** What the owner of a pod is told once: fields that are honoured differently, and policies that nobody enforces. */
import type { NetworkPolicy } from "../../model/kube.ts";
import { supportFindings, type Pod, type Provider, type Refusal } from "../../provider.ts";
import type { PodEvent } from "../pod-events.ts";
import { policiesOf } from "./network-policy.ts";

/** More owners are not remembered; then some are told once more. */
const mostOwners = 10_000;

export interface NoticeOptions {
  readonly provider: Pick<Provider, "name" | "support" | "enforcesNetworkPolicies">;
  readonly networkPolicies: "warn" | "refuse" | "ignore";
  /** Of a namespace, at least as new as that time (RFC 3339). */
  readonly policies: (namespace: string, newerThan?: string) => Promise<readonly NetworkPolicy[]>;
}

export interface Notices {
  /** Why this pod must not run for the sake of a NetworkPolicy. Rejects when that cannot be known and must be. */
  refusals(pod: Pod): Promise<readonly Refusal[]>;
  /** What its owner has not been told yet. */
  fresh(pod: Pod): Promise<readonly PodEvent[]>;
}

export function createNotices({ provider, networkPolicies, policies }: NoticeOptions): Notices {
  const told = new Map<string, ReadonlySet<string>>();
  const asked = provider.enforcesNetworkPolicies === true ? "ignore" : networkPolicies;
  const unenforced = async (pod: Pod): Promise<readonly Refusal[]> => {
    const { namespace = "", creationTimestamp } = pod.metadata ?? {};
    const names = policiesOf(pod, await policies(namespace, creationTimestamp));
    return names.map((name) => ({ path: "metadata.labels", sentence: sentenceOf(name, provider.name) }));
  };
  return {
    refusals: async (pod) => (asked === "refuse" ? unenforced(pod) : []),
    async fresh(pod) {
      const warned = asked === "warn" ? await unenforced(pod).catch(() => []) : [];
      const events = [
        ...eventOf("FieldsChanged", supportFindings(pod, provider.support, "changed")),
        ...eventOf("NetworkPolicyNotEnforced", warned),
      ];
      const owner = ownerOf(pod);
      const known = told.get(owner) ?? new Set();
      const news = events.filter(({ message }) => !known.has(message));
      if (news.length === 0) return [];
      told.delete(owner);
      told.set(owner, new Set([...known, ...news.map(({ message }) => message)]));
      for (const first of told.keys()) if (told.size > mostOwners) told.delete(first);
      return news;
    },
  };
}

/** Its controller, or the pod itself. */
function ownerOf({ metadata }: Pod): string {
  return metadata?.ownerReferences?.find((owner) => owner.controller === true)?.uid ?? metadata?.uid ?? "";
}

function eventOf(reason: string, findings: readonly Refusal[]): PodEvent[] {
  if (findings.length === 0) return [];
  const message = findings.map(({ path, sentence }) => `${path}: ${sentence.replace(/\.$/, "")}`).join("; ");
  return [{ type: "Warning", reason, message }];
}

function sentenceOf(policy: string, provider: string): string {
  return `NetworkPolicy ${policy} selects this pod, and the provider ${provider} enforces none: its traffic is not restricted by it.`;
}
