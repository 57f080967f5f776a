/** /etc/hosts and /etc/resolv.conf of a task, which its containers share: one that edits them does it for all. */
import { readFileSync } from "node:fs";
import { hostsFile } from "../../../providers/local/runtime/hosts-file.ts";
import type { ContainerSpec, HostPath } from "../../../providers/local/runtime/runtime.ts";
import { hostnameOf } from "../names.ts";
import type { Folders } from "./folders.ts";

const volume = "network-files";
const names = ["hosts", "resolv.conf"] as const;

/** Where every container finds them. */
export const networkMounts: ContainerSpec["mounts"] = names.map((name) => {
  return { volume, path: `/etc/${name}`, subPath: name, readOnly: false };
});

/** The resolver is this machine's; a task's own address is not known yet, so that its name stands beside the loopback. */
export function networkFiles(taskId: string, folders: Folders): HostPath {
  const resolver = readFileSync("/etc/resolv.conf", "utf8");
  const hosts = hostsFile({ hostname: hostnameOf(taskId), hostAliases: [] }, []);
  return { name: volume, path: folders.network(taskId, { hosts, "resolv.conf": resolver }), create: false };
}
