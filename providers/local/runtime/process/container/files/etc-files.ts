import type { TaskSpec } from "../../../runtime.ts";

/** The files in /etc that differ from task to task, as the kubelet writes them. */
export function etcFiles(
  spec: Pick<TaskSpec, "hostname" | "hostAliases" | "dns">,
  address: string | undefined,
  hostResolver: string,
): Record<string, string> {
  return {
    hostname: `${spec.hostname}\n`,
    hosts: hosts(spec, address),
    "resolv.conf": spec.dns === undefined ? hostResolver : resolver(spec.dns),
  };
}

function hosts(spec: Pick<TaskSpec, "hostname" | "hostAliases">, address: string | undefined): string {
  const own = `${address ?? "127.0.1.1"}\t${spec.hostname}`;
  const aliases = spec.hostAliases.map(({ ip, hostnames }) => `${ip}\t${hostnames.join("\t")}`);
  return [
    "# Kubernetes-managed hosts file.",
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "fe00::0\tip6-mcastprefix",
    "fe00::1\tip6-allnodes",
    "fe00::2\tip6-allrouters",
    own,
    ...(aliases.length === 0 ? [] : ["", "# Entries added by HostAliases.", ...aliases]),
    "",
  ].join("\n");
}

function resolver(dns: NonNullable<TaskSpec["dns"]>): string {
  const lines = [
    ...(dns.searches.length === 0 ? [] : [`search ${dns.searches.join(" ")}`]),
    ...dns.nameservers.map((server) => `nameserver ${server}`),
    ...(dns.options.length === 0 ? [] : [`options ${dns.options.join(" ")}`]),
  ];
  return `${lines.join("\n")}\n`;
}
