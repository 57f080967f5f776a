/** Pods that cannot run here: what the node itself refuses, and how a refusal ends. Pure. */
import type { Pod } from "../../model/kube.ts";
import type { Refusal } from "../../model/support/refusal.ts";
import type { Story } from "./report.ts";
import type { NodeTraits } from "./world.ts";

/** These controllers replace a Failed pod at once and without back-off, so a Failed pod would make a storm. */
const stormy = ["ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet"];

export function nodeRefusal(pod: Pod, node: NodeTraits): Refusal | undefined {
  const owner = controllerOf(pod);
  if (owner?.kind !== "DaemonSet" || node.daemonSetPods === "run") return undefined;
  return {
    path: "metadata.ownerReferences",
    sentence:
      `pods of DaemonSets do not run on this virtual node, each would cost a task of its own. Keep DaemonSet ` +
      `${owner.name} away with nodeAffinity "type NotIn [virtual-kubelet]" under ` +
      `requiredDuringSchedulingIgnoredDuringExecution, or allow it with daemonSetPods: run in the node's configuration`,
  };
}

/** Every reason at once. Final only where nobody makes a new pod of it at once: bare pods and those of Jobs. */
export function refusalStory(pod: Pod, refusals: readonly Refusal[], reason = "ProviderRefused"): Story {
  const reasons = refusals.map(({ path, sentence }) => {
    // One sentence of several parts: their own full stops would stand before a semicolon.
    const words = refusals.length > 1 ? sentence.replace(/\.$/, "") : sentence;
    return path === "" ? words : `${path}: ${words}`;
  });
  const message = reasons.join("; ");
  return { refused: { reason, message, final: !stormy.includes(controllerOf(pod)?.kind ?? "") } };
}

function controllerOf(pod: Pod): { kind: string; name: string; uid: string } | undefined {
  return pod.metadata?.ownerReferences?.find((owner) => owner.controller === true);
}
