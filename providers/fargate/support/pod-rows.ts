import { changed, is, isNot, isSet, kept, refused, quietly } from "../../../src/provider.ts";
import { longestGrace } from "../translate/containers.ts";
import type { FargateRow } from "./row.ts";

const scheduling = "For the scheduler alone, which has done its work when the pod arrives here.";
const ownMachine = "Every task has a machine of its own, which it cannot share with others: remove the field.";
const claims = "Dynamic resource allocation is not available here: remove the claims.";
const hostname = "The task's host name is the cloud's: the pod's is in the variable HOSTNAME alone.";
const counted = ["cpu", "memory"];

const beyond = (list: unknown): boolean => Object.keys(list ?? {}).some((name) => !counted.includes(name));

/** Fields of the pod as a whole, but for security, containers and volumes. */
export const podRows: readonly FargateRow[] = [
  kept("spec.activeDeadlineSeconds", "Kept by the node, which stops the task."),
  kept("spec.affinity", scheduling),
  quietly(
    "spec.automountServiceAccountToken",
    "The token is left out unless an annotation asks for it, see the volumes.",
  ),
  kept("spec.dnsConfig", "Kept: written into the task's /etc/resolv.conf before the first container starts."),
  quietly(
    "spec.dnsPolicy",
    "Kept where the node's configuration says clusterDNS, and for None; otherwise the VPC's resolver is asked, which does not know the cluster's Services by name.",
  ),
  kept("spec.enableServiceLinks", "Kept: variables of the services in the namespace; their addresses need a route."),
  changed(
    "spec.ephemeralContainers",
    "Ephemeral containers are not started: kubectl debug is answered at once with what to do instead.",
  ),
  kept("spec.hostAliases", "Kept: written into the task's /etc/hosts before the first container starts."),
  refused("spec.hostIPC", ownMachine, is(true)),
  refused("spec.hostNetwork", ownMachine, is(true)),
  refused("spec.hostPID", ownMachine, is(true)),
  refused("spec.hostUsers", "A user namespace of its own is not available here: leave hostUsers out.", is(false)),
  changed("spec.hostname", hostname),
  changed("spec.hostnameOverride", hostname),
  kept(
    "spec.imagePullSecrets",
    "Kept: the first login that fits an image goes with it by way of Secrets Manager; images of ECR are pulled with the execution role.",
  ),
  kept("spec.nodeName", scheduling),
  kept("spec.nodeSelector", scheduling),
  refused("spec.os.name", "Only Linux containers run here: set os.name to linux or leave it out.", isNot("linux")),
  kept("spec.overhead", scheduling),
  kept("spec.preemptionPolicy", scheduling),
  kept("spec.priority", scheduling),
  kept("spec.priorityClassName", scheduling),
  kept("spec.readinessGates", "Kept: the pod is ready only when these conditions are true."),
  refused("spec.resourceClaims", claims),
  refused("spec.resources.claims", claims),
  kept("spec.resources.limits", "Kept: the task has at least as much."),
  refused(
    "spec.resources.limits",
    "A task has cpu and memory, no devices and no huge pages: remove other limits.",
    beyond,
  ),
  kept("spec.resources.requests", "Kept: the task has at least as much."),
  refused(
    "spec.resources.requests",
    "A task has cpu and memory, no devices and no huge pages: remove other requests.",
    beyond,
  ),
  quietly(
    "spec.restartPolicy",
    "A container runs again in a new task, with the kubelet's back-off: the pod has a new address then, its emptyDirs are empty, and all its containers start but those that have completed.",
  ),
  refused("spec.runtimeClassName", "There are no runtime classes here: remove runtimeClassName."),
  kept("spec.schedulerName", scheduling),
  kept("spec.schedulingGates", scheduling),
  kept("spec.schedulingGroup", scheduling),
  kept("spec.serviceAccount", "The old name of serviceAccountName."),
  kept("spec.serviceAccountName", "Kept: grants may be for it alone."),
  changed("spec.setHostnameAsFQDN", hostname, is(true)),
  kept("spec.shareProcessNamespace", "Kept."),
  changed(
    "spec.subdomain",
    "Other pods find this one by it in the cluster's DNS; its own /etc/hosts has no such name.",
  ),
  changed(
    "spec.terminationGracePeriodSeconds",
    `ECS waits at most ${longestGrace} seconds between SIGTERM and SIGKILL, and at least one.`,
    (seconds) => isSet(seconds) && (Number(seconds) > longestGrace || Number(seconds) < 1),
  ),
  kept("spec.terminationGracePeriodSeconds", "Kept: SIGTERM, then SIGKILL when the time is over."),
  kept("spec.tolerations", scheduling),
  kept("spec.topologySpreadConstraints", scheduling),
];
