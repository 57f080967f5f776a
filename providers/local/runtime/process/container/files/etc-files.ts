import { hostsFile } from "../../../hosts-file.ts";
import type { TaskSpec } from "../../../runtime.ts";

/** The files in /etc that differ from task to task, as the kubelet writes them. */
export function etcFiles(
  spec: Pick<TaskSpec, "hostname" | "domain" | "hostAliases" | "dns">,
  address: string | undefined,
  hostResolver: string,
): Record<string, string> {
  return {
    hostname: `${spec.hostname}\n`,
    hosts: hostsFile(spec, address === undefined ? [] : [address]),
    "resolv.conf": spec.dns === undefined ? hostResolver : resolver(spec.dns),
  };
}

function resolver(dns: NonNullable<TaskSpec["dns"]>): string {
  const lines = [
    ...(dns.searches.length === 0 ? [] : [`search ${dns.searches.join(" ")}`]),
    ...dns.nameservers.map((server) => `nameserver ${server}`),
    ...(dns.options.length === 0 ? [] : [`options ${dns.options.join(" ")}`]),
  ];
  return `${lines.join("\n")}\n`;
}
