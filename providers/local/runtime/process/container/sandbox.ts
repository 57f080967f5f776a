import { writeFileSync } from "node:fs";
import { spawnHolder, waitForGo, type Holder } from "./holder.ts";
import { fstab, type Mount } from "./files/mounts.ts";

/** Arguments: hostname, fstab of the volumes in memory (empty = none). */
const script = `${waitForGo}
echo "$1" > /proc/sys/kernel/hostname || exit 1
if [ -n "$2" ]; then mount --all --fstab "$2" || exit 1; fi
echo ready
exec >&- 2>&-
read end`;

/**
 * The holder of what a task's containers share: network (an own one where there are addresses), host name, IPC, and
 * the mounts of volumes in memory. `directory` is the task's.
 */
export function spawnSandbox(want: {
  hostname: string;
  ownNetwork: boolean;
  mounts: readonly Mount[];
  directory: string;
}): Holder {
  let table = "";
  if (want.mounts.length > 0) {
    table = `${want.directory}/volumes.fstab`;
    writeFileSync(table, fstab(want.mounts), { mode: 0o600 });
  }
  const network = want.ownNetwork ? ["--net"] : [];
  return spawnHolder([
    "unshare",
    "--mount",
    "--uts",
    "--ipc",
    ...network,
    "--propagation",
    "private",
    "/bin/sh",
    "-c",
    script,
    "burstlet-task",
    want.hostname,
    table,
  ]);
}
