import { changed, is, isNot, kept, refused } from "../../../src/provider.ts";
import { type LocalRow, on, onlyOn, withoutPrivileges } from "./row.ts";

const scheduling = "For the scheduler alone, which has done its work when the pod arrives here.";
const ownNamespaces = "A pod here cannot share the namespaces of the host: remove the field.";

/** The one row that depends on a list of the configuration: those are not refused. */
export const runtimeClassRow = (known: readonly string[]): LocalRow =>
  refused(
    "spec.runtimeClassName",
    "A runtime class runs here only where local.engine.runtimeClasses of the node's configuration names it: remove it.",
    isNot(...known),
  );
export const anyRuntimeClass = runtimeClassRow([]);

/** Fields of the pod as a whole, but for security, containers and volumes. */
export const podRows: readonly LocalRow[] = [
  kept("spec.activeDeadlineSeconds", "Kept by the node."),
  kept("spec.affinity", scheduling),
  kept("spec.automountServiceAccountToken", "Kept: the token arrives as a file."),
  kept("spec.dnsConfig", "Written into /etc/resolv.conf; added to the host's resolver it is refused."),
  kept("spec.dnsPolicy", "Cluster policies use the node's clusterDNS; without one, the host's resolver."),
  kept("spec.enableServiceLinks", "Kept: variables of the services in the namespace."),
  on(onlyOn("engine"), kept("spec.ephemeralContainers", "Kept, under the same rules as other containers.")),
  on(
    onlyOn("process"),
    kept(
      "spec.ephemeralContainers",
      "Kept, under the same rules as other containers, but for a target: it is refused.",
    ),
  ),
  on(
    onlyOn("scripted"),
    changed(
      "spec.ephemeralContainers",
      "Ephemeral containers are not started: kubectl debug is answered at once with what to do instead.",
    ),
  ),
  kept("spec.hostAliases", "Written into /etc/hosts."),
  refused("spec.hostIPC", ownNamespaces, is(true)),
  on(onlyOn("process", "scripted"), refused("spec.hostNetwork", ownNamespaces, is(true))),
  on(onlyOn("engine"), kept("spec.hostNetwork", "Kept: the network of the engine's machine.")),
  on(
    withoutPrivileges,
    refused(
      "spec.hostNetwork",
      "The network of the engine's machine needs local.engine.allowPrivileged: true in the node's configuration.",
      is(true),
    ),
  ),
  refused("spec.hostPID", ownNamespaces, is(true)),
  refused("spec.hostUsers", "A user namespace of its own is not available here: leave hostUsers out.", is(false)),
  kept("spec.hostname", "Kept."),
  kept("spec.hostnameOverride", "Kept."),
  kept("spec.imagePullSecrets", "Handed to the engine for the registry they name."),
  on(
    onlyOn("process"),
    changed("spec.imagePullSecrets", "Not used: the process runtime pulls no images, it has a table of them."),
  ),
  kept("spec.nodeName", scheduling),
  kept("spec.nodeSelector", scheduling),
  refused("spec.os.name", "Only Linux containers run here: set os.name to linux or leave it out.", isNot("linux")),
  kept("spec.overhead", "Kept: the scheduler counts it beside the containers; nothing more runs here for it."),
  kept("spec.preemptionPolicy", scheduling),
  kept("spec.priority", scheduling),
  kept("spec.priorityClassName", scheduling),
  kept("spec.readinessGates", "Kept: the pod is ready only when these conditions are true."),
  refused("spec.resourceClaims", "Dynamic resource allocation is not available here: remove the claims."),
  refused("spec.resources.claims", "Dynamic resource allocation is not available here: remove the claims."),
  refused(
    "spec.resources.limits",
    "A limit for the pod as a whole cannot be enforced here: set limits on its containers instead.",
  ),
  kept("spec.resources.requests", scheduling),
  kept("spec.restartPolicy", "Kept: containers run again in place, with the kubelet's back-off."),
  on(
    onlyOn("engine"),
    kept("spec.runtimeClassName", "Kept: the engine's own runtime stands for those that are named."),
  ),
  anyRuntimeClass,
  kept("spec.schedulerName", scheduling),
  kept("spec.schedulingGates", scheduling),
  kept("spec.schedulingGroup", scheduling),
  kept("spec.serviceAccount", "The old name of serviceAccountName."),
  kept("spec.serviceAccountName", "Kept: whose token the pod gets."),
  kept("spec.setHostnameAsFQDN", "Kept."),
  on(onlyOn("engine"), kept("spec.shareProcessNamespace", "Kept.")),
  on(
    onlyOn("process", "scripted"),
    refused(
      "spec.shareProcessNamespace",
      "Containers of a pod do not see each other's processes on this runtime: remove shareProcessNamespace.",
      is(true),
    ),
  ),
  kept("spec.subdomain", "Kept: other pods find this one by it, and its own /etc/hosts has the full name."),
  kept("spec.terminationGracePeriodSeconds", "Kept: SIGTERM, then SIGKILL when the time is over."),
  kept("spec.tolerations", scheduling),
  kept("spec.topologySpreadConstraints", scheduling),
];
