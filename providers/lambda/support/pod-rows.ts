import { changed, is, isNot, isSet, kept, refused, type SupportRow, quietly } from "../../../src/provider.ts";

const scheduling = "For the scheduler alone, which has done its work when the pod arrives here.";
const ownMachine = "A function shares nothing with its host: remove the field.";
const claims = "Dynamic resource allocation is not available here: remove the claims.";
const hostname =
  "The host name of a function is the cloud's; the handlers of deploy/lambda put the pod's into HOSTNAME.";
const counted = ["cpu", "memory"];

const beyond = (list: unknown): boolean => Object.keys(list ?? {}).some((name) => !counted.includes(name));

/** Fields of the pod as a whole, but for security, containers and volumes. */
export const podRows: readonly SupportRow[] = [
  kept(
    "spec.activeDeadlineSeconds",
    "Kept by the node, which then waits no longer: the invocation itself may run to the function's timeout. A function with a shorter timeout is refused.",
  ),
  kept("spec.affinity", scheduling),
  quietly("spec.automountServiceAccountToken", "The token is left out, see the volumes."),
  refused("spec.dnsConfig", "The resolver of a function is the cloud's or its VPC's: remove dnsConfig."),
  quietly(
    "spec.dnsPolicy",
    "Every policy means the function's own resolver, which does not know the cluster's Services by name.",
  ),
  refused("spec.dnsPolicy", "The resolver of a function cannot be replaced: remove dnsPolicy.", is("None")),
  kept("spec.enableServiceLinks", "Kept: variables of the services in the namespace; their addresses need a route."),
  changed(
    "spec.ephemeralContainers",
    "Ephemeral containers are not started: kubectl debug is answered at once with what to do instead.",
  ),
  refused("spec.hostAliases", "The file /etc/hosts is the cloud's: use names that the function's resolver knows."),
  refused("spec.hostIPC", ownMachine, is(true)),
  refused("spec.hostNetwork", ownMachine, is(true)),
  refused("spec.hostPID", ownMachine, is(true)),
  refused("spec.hostUsers", "A user namespace of its own is not available here: leave hostUsers out.", is(false)),
  changed("spec.hostname", hostname),
  changed("spec.hostnameOverride", hostname),
  changed("spec.imagePullSecrets", "Not needed: nothing is pulled, the function has its code."),
  refused(
    "spec.initContainers",
    "A pod here is one invocation of one function: do in its program what comes before, or let a Job of its own do it.",
  ),
  kept("spec.nodeName", scheduling),
  kept("spec.nodeSelector", scheduling),
  refused("spec.os.name", "Functions run on Linux: set os.name to linux or leave it out.", isNot("linux")),
  kept("spec.overhead", scheduling),
  kept("spec.preemptionPolicy", scheduling),
  kept("spec.priority", scheduling),
  kept("spec.priorityClassName", scheduling),
  kept("spec.readinessGates", "Kept: the pod is ready only when these conditions are true."),
  refused("spec.resourceClaims", claims),
  refused("spec.resources.claims", claims),
  kept("spec.resources.limits", "Kept as for containers."),
  refused("spec.resources.limits", "A function has cpu and memory, no devices: remove other limits.", beyond),
  kept("spec.resources.requests", "Kept as for containers."),
  refused("spec.resources.requests", "A function has cpu and memory, no devices: remove other requests.", beyond),
  kept("spec.restartPolicy", "Kept: Never."),
  changed(
    "spec.restartPolicy",
    "OnFailure: a failed invocation is followed by another one, with the kubelet's pauses; one whose outcome nobody knows ends the pod, because it may have run. In mode event only once Lambda runs the failed one no more.",
    is("OnFailure"),
  ),
  refused(
    "spec.restartPolicy",
    "A function returns, and would be invoked and billed for ever: use Never or OnFailure.",
    // Not set means Always.
    (policy) => policy !== "Never" && policy !== "OnFailure",
  ),
  refused("spec.runtimeClassName", "There are no runtime classes here: remove runtimeClassName."),
  kept("spec.schedulerName", scheduling),
  kept("spec.schedulingGates", scheduling),
  kept("spec.schedulingGroup", scheduling),
  kept("spec.serviceAccount", "The old name of serviceAccountName."),
  kept("spec.serviceAccountName", "Kept: grants may be for it alone. The function has its own role in AWS."),
  changed("spec.setHostnameAsFQDN", hostname, is(true)),
  refused("spec.shareProcessNamespace", "A pod here has one container: remove shareProcessNamespace.", is(true)),
  changed("spec.subdomain", "An invocation has no address that the cluster's DNS could give."),
  changed(
    "spec.terminationGracePeriodSeconds",
    "No signal is sent: the node waits so long for the end, and then no longer; the invocation may run on, and only a durable execution is stopped.",
    (seconds) => isSet(seconds) && seconds !== 30,
  ),
  quietly(
    "spec.terminationGracePeriodSeconds",
    "No signal is sent: the node waits so long for the end, and then no longer; the invocation may run on, and only a durable execution is stopped.",
  ),
  kept("spec.tolerations", scheduling),
  kept("spec.topologySpreadConstraints", scheduling),
];
