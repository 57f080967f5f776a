/** Names and name servers of a pod. */
import type { Pod } from "../model/kube.ts";
import type { ResolvedDns } from "../model/resolved-pod.ts";
import { invalid, warning, type Finds, type ResolveNode } from "./resolution.ts";

/** What every installer of Kubernetes names its cluster unless told otherwise. */
const usualClusterDomain = "cluster.local";

/** Linux: 63 characters of a host name, 64 of a fully qualified one. */
const longestHostname = 63;
const longestFqdn = 64;

/** Limits of the API on resolv.conf (pkg/apis/core/validation). */
const mostNameservers = 3;
const mostSearches = 32;
const longestSearchLine = 2048;
const longestDomain = 253;

/** The name that the pod's kernel shows, and the domain in which /etc/hosts knows the pod, when it has one. */
export function* hostnameOf(pod: Pod, node: ResolveNode): Finds<{ hostname: string; domain: string | undefined }> {
  const { hostname: wanted, hostnameOverride, subdomain = "", setHostnameAsFQDN } = pod.spec ?? {};
  const { name = "", namespace = "" } = pod.metadata ?? {};
  if (hostnameOverride !== undefined) return { hostname: shorten(hostnameOverride), domain: undefined };
  const hostname = shorten(wanted === undefined || wanted === "" ? name : wanted);
  if (subdomain === "") return { hostname, domain: undefined };
  const domain = `${subdomain}.${namespace}.svc.${node.clusterDomain ?? usualClusterDomain}`;
  if (setHostnameAsFQDN !== true) return { hostname, domain };
  const fqdn = `${hostname}.${domain}`;
  if (fqdn.length > longestFqdn) {
    const lengths = `${longestFqdn} characters is the max, ${fqdn.length} characters requested`;
    const message = `failed to construct FQDN from pod hostname and cluster domain, FQDN ${fqdn} is too long (${lengths})`;
    yield invalid({ path: "spec.setHostnameAsFQDN" }, message);
  }
  return { hostname: fqdn, domain };
}

/**
 * `cloud` with entries: the cloud's resolver, and these besides. A ClusterFirst pod on a node that knows no cluster
 * DNS has the cloud's, silently: every ordinary pod is ClusterFirst.
 */
export function* dnsOf(pod: Pod, node: ResolveNode): Finds<ResolvedDns> {
  const { dnsConfig, dnsPolicy = "ClusterFirst", hostNetwork } = pod.spec ?? {};
  const namespace = pod.metadata?.namespace ?? "";
  const clusterFirst =
    dnsPolicy === "ClusterFirstWithHostNet" || (dnsPolicy === "ClusterFirst" && hostNetwork !== true);
  const clusterDNS = clusterFirst ? (node.clusterDNS ?? []) : [];
  const domain = node.clusterDomain ?? usualClusterDomain;
  const ofCluster = clusterDNS.length > 0;
  return yield* withinLimits({
    policy: ofCluster || dnsPolicy === "None" ? "explicit" : "cloud",
    nameservers: unique([...clusterDNS, ...(dnsConfig?.nameservers ?? [])]),
    searches: unique([
      ...(ofCluster ? [`${namespace}.svc.${domain}`, `svc.${domain}`, domain] : []),
      ...(dnsConfig?.searches ?? []),
    ]),
    options: mergeOptions(ofCluster ? [{ name: "ndots", value: "5" }] : [], dnsConfig?.options ?? []),
  });
}

function shorten(hostname: string): string {
  return hostname.length <= longestHostname ? hostname : hostname.slice(0, longestHostname).replace(/[-.]+$/, "");
}

interface DnsOption {
  readonly name?: string;
  readonly value?: string;
}

/** Later ones win. */
function mergeOptions(...lists: readonly (readonly DnsOption[])[]): readonly string[] {
  const merged = new Map(lists.flat().map(({ name = "", value = "" }) => [name, value]));
  return [...merged].map(([name, value]) => (value === "" ? name : `${name}:${value}`));
}

function* withinLimits({ policy, nameservers, searches, options }: ResolvedDns): Finds<ResolvedDns> {
  const servers = nameservers.slice(0, mostNameservers);
  if (servers.length < nameservers.length) {
    const applied = `the applied nameserver line is: ${servers.join(" ")}`;
    const message = `Nameserver limits were exceeded, some nameservers have been omitted, ${applied}`;
    yield warning({ path: "spec.dnsConfig.nameservers" }, "DNSConfigForming", message);
  }
  const kept = searches.slice(0, mostSearches).filter((search) => search.length <= longestDomain);
  while (kept.join(" ").length > longestSearchLine) kept.pop();
  if (kept.length < searches.length) {
    const applied = `the applied search line is: ${kept.join(" ")}`;
    const message = `Search Line limits were exceeded, some search paths have been omitted, ${applied}`;
    yield warning({ path: "spec.dnsConfig.searches" }, "DNSConfigForming", message);
  }
  return { policy, nameservers: servers, searches: kept, options };
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
