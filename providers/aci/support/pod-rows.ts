import { changed, is, isNot, kept, type Pod, refused, quietly } from "../../../src/provider.ts";
import { type AciRow, inPublic, inSubnet, on } from "./row.ts";

const scheduling = "For the scheduler alone, which has done its work when the pod arrives here.";
const ownMachine = "Every group has a machine of its own, which it cannot share with others: remove the field.";
const claims = "Dynamic resource allocation is not available here: remove the claims.";
const hostname = "The group's host name is the cloud's: the pod's is in the variable HOSTNAME alone.";
const counted = ["cpu", "memory"];

const beyond = (list: unknown): boolean => Object.keys(list ?? {}).some((name) => !counted.includes(name));

/** Fields of the pod as a whole, but for security, containers and volumes. */
export const podRows: readonly AciRow[] = [
  kept("spec.activeDeadlineSeconds", "Kept by the node, which deletes the group."),
  kept("spec.affinity", scheduling),
  quietly("spec.automountServiceAccountToken", "The token is left out, see the volumes."),
  on(
    inPublic,
    refused(
      "spec.dnsConfig",
      "Only groups in a virtual network have resolvers of their own: remove dnsConfig, or use a node with aci.network: subnet.",
    ),
  ),
  on(inSubnet, kept("spec.dnsConfig", "Kept.")),
  on(
    inPublic,
    quietly("spec.dnsPolicy", "Every policy means Azure's resolver, which does not know the cluster's Services."),
  ),
  on(
    inPublic,
    refused(
      "spec.dnsPolicy",
      "Azure's resolver cannot be replaced outside of a virtual network: remove dnsPolicy, or use a node with aci.network: subnet.",
      is("None"),
    ),
  ),
  on(
    inSubnet,
    kept("spec.dnsPolicy", "Kept: the cluster's resolver where the node knows one that a group reaches, else aci.dns."),
  ),
  kept(
    "spec.enableServiceLinks",
    "Kept, but for variables with names of more than 63 characters; the services' addresses need a route.",
  ),
  changed(
    "spec.ephemeralContainers",
    "Ephemeral containers are not started: kubectl debug is answered at once with what to do instead.",
  ),
  refused("spec.hostAliases", "The file /etc/hosts is the cloud's: use names that a resolver knows."),
  refused("spec.hostIPC", ownMachine, is(true)),
  refused("spec.hostNetwork", ownMachine, is(true)),
  refused("spec.hostPID", ownMachine, is(true)),
  refused("spec.hostUsers", "A user namespace of its own is not available here: leave hostUsers out.", is(false)),
  changed("spec.hostname", hostname),
  changed("spec.hostnameOverride", hostname),
  kept("spec.imagePullSecrets", "Kept: each registry gets the most specific of them."),
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
  kept("spec.resources.limits", "Kept: the group has at least as much."),
  refused(
    "spec.resources.limits",
    "A group has cpu and memory, no devices and no huge pages: remove other limits.",
    beyond,
  ),
  kept("spec.resources.requests", "Kept: the group has at least as much."),
  refused(
    "spec.resources.requests",
    "A group has cpu and memory, no devices and no huge pages: remove other requests.",
    beyond,
  ),
  kept("spec.restartPolicy", "Kept: Azure itself starts containers again, in the same group."),
  {
    path: "spec.restartPolicy",
    effect: "changed",
    sentence:
      "Azure may run a container again that has failed in spite of Never: the first end is told, and the group is ended.",
    find: ({ spec }: Pod) => (spec?.restartPolicy === "Never" ? ["spec.restartPolicy"] : []),
  },
  refused("spec.runtimeClassName", "There are no runtime classes here: remove runtimeClassName."),
  kept("spec.schedulerName", scheduling),
  kept("spec.schedulingGates", scheduling),
  kept("spec.schedulingGroup", scheduling),
  kept("spec.serviceAccount", "The old name of serviceAccountName."),
  kept("spec.serviceAccountName", "Kept: grants may be for it alone."),
  changed("spec.setHostnameAsFQDN", hostname, is(true)),
  refused(
    "spec.shareProcessNamespace",
    "Containers of a group do not see each other's processes: remove shareProcessNamespace.",
    is(true),
  ),
  changed(
    "spec.subdomain",
    "Other pods find this one by it in the cluster's DNS; its own /etc/hosts has no such name.",
  ),
  kept(
    "spec.terminationGracePeriodSeconds",
    "Kept, where the image has a shell, which sends SIGTERM: Azure itself kills at once.",
  ),
  kept("spec.tolerations", scheduling),
  kept("spec.topologySpreadConstraints", scheduling),
];
