import type { TaskSpec } from "./runtime.ts";

/** A task's /etc/hosts as the kubelet writes it (pkg/kubelet/kubelet_pods.go, managedHostsFileContent). */
export function hostsFile(
  { hostname, domain, hostAliases }: Pick<TaskSpec, "hostname" | "domain" | "hostAliases">,
  addresses: readonly string[],
): string {
  const names = domain === undefined ? hostname : fullAndShort(hostname, domain);
  const own = (addresses.length === 0 ? ["127.0.1.1"] : addresses).map((address) => `${address}\t${names}`);
  const aliases = hostAliases.map(({ ip, hostnames }) => `${ip}\t${hostnames.join("\t")}`);
  return [
    "# Kubernetes-managed hosts file.",
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "fe00::0\tip6-mcastprefix",
    "fe00::1\tip6-allnodes",
    "fe00::2\tip6-allrouters",
    ...own,
    ...(aliases.length === 0 ? [] : ["", "# Entries added by HostAliases.", ...aliases]),
    "",
  ].join("\n");
}

/** With setHostnameAsFQDN the hostname is the full one already. */
function fullAndShort(hostname: string, domain: string): string {
  const short = hostname.endsWith(`.${domain}`) ? hostname.slice(0, -domain.length - 1) : hostname;
  return `${short}.${domain}\t${short}`;
}
